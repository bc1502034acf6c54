"""/admin/deliveries: the mails to customers."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import StreamingResponse

from bitloot_admin.access import Looker, router
from bitloot_admin.api.export import CSV, Format, stream_csv
from bitloot_admin.models.deliveries import Delivery, DeliveryFilter
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import deliveries

routes = router("deliveries", prefix="/admin/deliveries")


class DeliveriesQuery(DeliveryFilter, PageRequest):
    """Filter, order, page and format."""

    format: Format = "json"


@routes.get("", summary="Deliveries", response_model=Page[Delivery], responses=CSV)
async def list_deliveries(
    parts: UsesParts, who: Looker, query: Annotated[DeliveriesQuery, Query()]
) -> Page[Delivery] | StreamingResponse:
    """A page of mails. Re-send and revoke are actions of the order."""
    if query.format == "csv":
        return await stream_csv("deliveries", parts.pool, deliveries.listing(query), Delivery, query, actor=who.actor)
    return await deliveries.list_deliveries(parts.pool, query, query)
