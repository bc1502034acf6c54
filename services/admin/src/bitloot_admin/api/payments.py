"""/admin/payments."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import StreamingResponse

from bitloot_admin.access import Looker, router
from bitloot_admin.api.export import CSV, Format, stream_csv
from bitloot_admin.models.payments import Payment, PaymentFilter
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import payments

routes = router("payments", prefix="/admin/payments")


class PaymentsQuery(PaymentFilter, PageRequest):
    """Filter, order, page and format."""

    format: Format = "json"


@routes.get("", summary="Payments", response_model=Page[Payment], responses=CSV)
async def list_payments(
    parts: UsesParts, who: Looker, query: Annotated[PaymentsQuery, Query()]
) -> Page[Payment] | StreamingResponse:
    """A page of payments; `orphaned=true` is the money that fits no order."""
    if query.format == "csv":
        return await stream_csv("payments", parts.pool, payments.listing(query), Payment, query, actor=who.actor)
    return await payments.list_payments(parts.pool, query, query)
