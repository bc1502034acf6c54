"""/admin/payments."""

from typing import Annotated

from fastapi import Depends, Query

from bitloot_admin.access import LOOK, router
from bitloot_admin.models.payments import Payment, PaymentFilter
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import payments

routes = router("payments", prefix="/admin/payments")


class PaymentsQuery(PaymentFilter, PageRequest):
    """Filter, order and page."""


@routes.get("", summary="Payments", dependencies=[Depends(LOOK)])
async def list_payments(parts: UsesParts, query: Annotated[PaymentsQuery, Query()]) -> Page[Payment]:
    """A page of payments; `orphaned=true` is the money that fits no order."""
    return await payments.list_payments(parts.pool, query, query)
