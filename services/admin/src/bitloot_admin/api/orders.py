"""/admin/orders: look, and ask the owners of an order to act."""

from typing import Annotated
from uuid import UUID

from bitloot_common.events.admin import FulfillmentRetryRequested, ResendRequested, RevocationRequested
from fastapi import Depends, Header, Query, Response
from fastapi.responses import StreamingResponse

from bitloot_admin.access import LOOK, Operator, router
from bitloot_admin.api.export import Format, stream_csv
from bitloot_admin.api.tags import UNCHANGED, IfNoneMatch, tagged
from bitloot_admin.models.orders import OrderDetail, OrderFilter, OrderSummary
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import orders
from bitloot_admin.use_cases.command_order import Command, CommandAccepted, Why, command_order
from bitloot_admin.use_cases.show_order import show_order

routes = router("orders", prefix="/admin/orders")

IdempotencyKey = Annotated[
    str | None,
    Header(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$", description="same key, same request: done once"),
]


class OrdersQuery(OrderFilter, PageRequest):
    """Filter, order, page and format."""

    format: Format = "json"


@routes.get("", summary="Orders", response_model=Page[OrderSummary], dependencies=[Depends(LOOK)])
async def list_orders(
    parts: UsesParts, query: Annotated[OrdersQuery, Query()]
) -> Page[OrderSummary] | StreamingResponse:
    """A page of orders. `q` finds by e-mail or its beginning, and by order, payment or reservation id."""
    if query.format == "csv":
        return stream_csv("orders", parts.pool, orders.listing(query), OrderSummary)
    return await orders.list_orders(parts.pool, query, query)


@routes.get(
    "/{order_id}",
    summary="One order with its timeline",
    response_model=OrderDetail,
    responses=UNCHANGED,
    dependencies=[Depends(LOOK)],
)
async def get_order(parts: UsesParts, order_id: UUID, known: IfNoneMatch = None) -> Response:
    """Everything about one order."""
    return tagged(await show_order(parts.pool, order_id, trace_url_template=parts.settings.trace_url_template), known)


@routes.post("/{order_id}/retry-fulfillment", status_code=202, summary="Take the order up again from where it is")
async def retry_fulfillment(
    parts: UsesParts, who: Operator, order_id: UUID, why: Why | None = None, idempotency_key: IdempotencyKey = None
) -> CommandAccepted:
    """Asks fulfillment. Nothing is bought twice: it looks up what there is first."""
    return await _command(parts, FulfillmentRetryRequested, order_id, who, why, idempotency_key)


@routes.post(
    "/{order_id}/resend-keys",
    status_code=202,
    summary="Mail the link again, with a fresh link",
    responses={429: {"description": "This order's mail was sent again a moment ago, or too often; see Retry-After."}},
)
async def resend_keys(
    parts: UsesParts, who: Operator, order_id: UUID, why: Why | None = None, idempotency_key: IdempotencyKey = None
) -> CommandAccepted:
    """Asks delivery."""
    return await _command(parts, ResendRequested, order_id, who, why, idempotency_key)


@routes.post("/{order_id}/revoke-links", status_code=202, summary="Stop every link of the order from working")
async def revoke_links(
    parts: UsesParts, who: Operator, order_id: UUID, why: Why | None = None, idempotency_key: IdempotencyKey = None
) -> CommandAccepted:
    """Asks delivery."""
    return await _command(parts, RevocationRequested, order_id, who, why, idempotency_key)


async def _command(
    parts: UsesParts, command: type[Command], order_id: UUID, who: Operator, why: Why | None, key: str | None
) -> CommandAccepted:
    return await command_order(
        parts.pool,
        parts.outbox,
        command,
        order_id,
        actor=who.actor,
        limit=parts.settings.resend_limit(),
        reason=why.reason if why else "",
        idempotency_key=key,
    )
