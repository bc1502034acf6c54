"""Reads orders."""

from uuid import UUID

import asyncpg
from bitloot_common.db import Connection, Pool

from bitloot_admin.models.orders import DeadLetterOfOrder, OrderFilter, OrderSummary
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.search import Term
from bitloot_admin.store.listing import Listing, fetch_page
from bitloot_admin.store.times import id_floor

# The order's money: its newest payment without a parent (a child is a further deposit, never the order's own).
_PAYMENT_STATUS = """
(select p.status from payments p where p.order_id = o.id order by (p.parent_payment_id is not null), p.id desc limit 1)
"""

COLUMNS = f"""
o.id, o.id as order_id, o.status, o.status_since, o.email, o.product_id, o.product_name, o.quantity, o.amount,
o.currency, o.refund_due, o.refund_reason, o.created_at, o.updated_at, {_PAYMENT_STATUS} as payment_status
"""

# An id of anything that belongs to the order, or the beginning of an e-mail: each branch one index look-up.
_BY_TERM = """
o.id = any(array(
    select ?::uuid
    union select order_id from payments where provider = 'nowpayments' and payment_id = ?
    union select order_id from payments where invoice_id = ?
    union select order_id from reservations where reservation_id = ?
    union select order_id from reservations where external_id = ?
    union (select id from orders where lower(email) ~>=~ ? and lower(email) ~<~ ? limit 1000)
))
"""


def listing(wanted: OrderFilter) -> Listing:
    """The orders that `wanted` names."""
    moved = wanted.sort.endswith("moved")
    found = Listing(
        COLUMNS,
        "orders o",
        order=[("o.status_since", "timestamptz"), ("o.id", "uuid")] if moved else [("o.id", "uuid")],
        descending=wanted.sort.startswith("-"),
    )
    if term := Term.of(wanted.q):
        found.where(_BY_TERM, term.uuid, *[term.text] * 4, *term.prefix_range)
    if wanted.email:
        found.where("lower(o.email) = lower(?)", wanted.email)
    if wanted.status:
        found.where("o.status = ?" if len(wanted.status) == 1 else "o.status = any(?::text[])", _one(wanted.status))
    if wanted.refund_due is not None:
        found.where(f"o.refund_due_since is {'not ' if wanted.refund_due else ''}null")
    if wanted.created_from:
        found.where("o.id >= ?", id_floor(wanted.created_from))
    if wanted.created_to:
        found.where("o.id < ?", id_floor(wanted.created_to))
    return found


def _one(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


async def list_orders(pool: Pool, wanted: OrderFilter, page: PageRequest) -> Page[OrderSummary]:
    """One page of orders."""
    return await fetch_page(pool, listing(wanted), page, OrderSummary)


async def find(connection: Connection, order_id: UUID) -> asyncpg.Record | None:
    """The order's row."""
    return await connection.fetchrow(
        f"select {COLUMNS}, o.locale, o.kinguin_product_id, o.offer_id, o.unit_price, o.price_ceiling, o.erased_at "  # noqa: S608
        "from orders o where o.id = $1",
        order_id,
    )


async def exists(connection: Connection, order_id: UUID) -> bool:
    """Whether there is such an order."""
    return bool(await connection.fetchval("select true from orders where id = $1", order_id))


async def events(connection: Connection, order_id: UUID) -> list[asyncpg.Record]:
    """The timeline's rows that the services wrote, oldest first, at most 2,000."""
    return await connection.fetch(
        "select at, service, event, from_status, to_status, detail, cause, trace_id from order_events "
        "where order_id = $1 order by id limit 2000",
        order_id,
    )


async def dead_letters(connection: Connection, order_id: UUID) -> list[DeadLetterOfOrder]:
    """The order's dead letters, oldest first."""
    rows = await connection.fetch(
        "select id, dead_at, state, original_topic, error_class, error_message from dead_letters "
        "where order_id = $1 order by dead_at limit 200",
        order_id,
    )
    return [DeadLetterOfOrder.model_validate(dict(row)) for row in rows]


async def some(pool: Pool, order_ids: list[UUID]) -> list[OrderSummary]:
    """These orders, those that there are."""
    rows = await pool.fetch(f"select {COLUMNS} from orders o where o.id = any($1::uuid[])", order_ids)  # noqa: S608
    return [OrderSummary.model_validate(dict(row)) for row in rows]
