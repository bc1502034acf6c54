"""The pages of orders: the list, its live rows, one order, and what can be asked for it."""

from typing import Annotated
from uuid import UUID

from bitloot_common.events.admin import FulfillmentRetryRequested, ResendRequested, RevocationRequested
from bitloot_common.events.ingress import KinguinEsaWebhook, KinguinWebhook, NowPaymentsIpn
from fastapi import Depends, Form, Query, Request, Response

from bitloot_admin.access import LOOK, Operator, router
from bitloot_admin.api.orders import OrdersQuery
from bitloot_admin.pages.flash import back_to
from bitloot_admin.pages.lists import read_query
from bitloot_admin.pages.render import render
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import orders
from bitloot_admin.use_cases.command_order import Command, command_order
from bitloot_admin.use_cases.show_order import show_order
from bitloot_admin.words import ORDER

routes = router(include_in_schema=False)

STATUSES = [(status, word.label) for status, word in ORDER.items()]
ON_THE_WAY = ("paid", "reserving", "reserved", "given", "delivered", "partly_delivered", "stored")
VIEWS = [
    ("All", ""),
    ("On the way", "?" + "&".join(f"status={status}" for status in ON_THE_WAY) + "&sort=moved"),
    ("Refund due", "?refundDue=true"),
    ("Underpaid", "?status=underpaid"),
    ("Fulfilled", "?status=fulfilled"),
]
# an event of these types has its webhook's id
WEBHOOK_TYPES = (NowPaymentsIpn.TYPE, KinguinWebhook.TYPE, KinguinEsaWebhook.TYPE)
Reason = Annotated[str, Form(max_length=500)]


@routes.get("/orders", dependencies=[Depends(LOOK)])
async def orders_page(parts: UsesParts, request: Request) -> Response:
    wanted, errors = read_query(request, OrdersQuery)
    found = await orders.list_orders(parts.pool, wanted, wanted)
    first = not wanted.cursor and not wanted.offset and wanted.sort == "-created"
    return await render(
        request,
        "orders.html",
        found=found,
        wanted=wanted,
        errors=errors,
        first_page=first,
        statuses=STATUSES,
        views=VIEWS,
    )


@routes.get("/orders/rows", dependencies=[Depends(LOOK)])
async def order_rows(
    parts: UsesParts, request: Request, ids: Annotated[list[UUID], Query(alias="id", max_length=100)]
) -> Response:
    """The rows of these orders as they are now, for the live list."""
    items = await orders.some(parts.pool, ids)
    return await render(request, "order_rows.html", items=items)


@routes.get("/orders/{order_id}", dependencies=[Depends(LOOK)])
async def order_page(parts: UsesParts, request: Request, order_id: UUID) -> Response:
    order = await show_order(parts.pool, order_id, trace_url_template=parts.settings.trace_url_template)
    return await render(request, "order.html", order=order, webhook_types=WEBHOOK_TYPES)


@routes.post("/orders/{order_id}/retry-fulfillment")
async def retry(parts: UsesParts, who: Operator, order_id: UUID, reason: Reason = "") -> Response:
    told = "Fulfillment was asked to take the order up again; what it does appears in the timeline."
    return await _ask(parts, who.actor, order_id, FulfillmentRetryRequested, reason, told)


@routes.post("/orders/{order_id}/resend-keys")
async def resend(parts: UsesParts, who: Operator, order_id: UUID, reason: Reason = "") -> Response:
    told = "Delivery was asked for a fresh link; the mail appears in the timeline."
    return await _ask(parts, who.actor, order_id, ResendRequested, reason, told)


@routes.post("/orders/{order_id}/revoke-links")
async def revoke(parts: UsesParts, who: Operator, order_id: UUID, reason: Reason = "") -> Response:
    told = "Delivery was asked to revoke every link; that it did appears in the timeline."
    return await _ask(parts, who.actor, order_id, RevocationRequested, reason, told)


async def _ask(
    parts: UsesParts, actor: str, order_id: UUID, command: type[Command], reason: str, told: str
) -> Response:
    limit = parts.settings.resend_limit()
    await command_order(parts.pool, parts.outbox, command, order_id, actor=actor, limit=limit, reason=reason)
    return back_to(f"/orders/{order_id}", told)
