"""/admin/deliveries: the mails to customers."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse

from bitloot_admin.access import LOOK, router
from bitloot_admin.api.export import Format, stream_csv
from bitloot_admin.models.deliveries import Delivery, DeliveryFilter
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import deliveries

routes = router("deliveries", prefix="/admin/deliveries")


class DeliveriesQuery(DeliveryFilter, PageRequest):
    """Filter, order, page and format."""

    format: Format = "json"


@routes.get("", summary="Deliveries", response_model=Page[Delivery], dependencies=[Depends(LOOK)])
async def list_deliveries(
    parts: UsesParts, query: Annotated[DeliveriesQuery, Query()]
) -> Page[Delivery] | StreamingResponse:
    """A page of mails. Re-send and revoke are actions of the order."""
    if query.format == "csv":
        return stream_csv("deliveries", parts.pool, deliveries.listing(query), Delivery)
    return await deliveries.list_deliveries(parts.pool, query, query)
