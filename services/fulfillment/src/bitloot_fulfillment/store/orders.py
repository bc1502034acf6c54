"""`orders`: ingress inserts them, fulfillment alone moves them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
from bitloot_common.db import Connection
from bitloot_common.events.envelope import Event
from bitloot_common.outbox import Outbox
from bitloot_common.timeline import Entry, told
from bitloot_common.tracing import current_trace_id

from bitloot_fulfillment.order_machine import Status


@dataclass(frozen=True, slots=True)
class Order:
    """What fulfillment needs of an order. `amount` and `refund_due` in `currency`, `price_ceiling` in EUR a unit.

    `refund_due_since` is set while anything is owed; `refund_due` is null then where nobody can say how much.
    """

    id: UUID
    status: Status
    status_since: datetime
    kinguin_product_id: str
    offer_id: str | None
    price_ceiling: Decimal
    quantity: int
    amount: Decimal
    currency: str
    refund_due: Decimal | None
    refund_due_since: datetime | None


_SELECT = """
select id, status, status_since, kinguin_product_id, offer_id, price_ceiling, quantity, amount, currency, refund_due,
    refund_due_since
from orders where id = $1
"""
# A move, its timeline entry and all that it tells are one round trip: an order makes eight of them. The rows
# are put in only if the order was moved.
_MOVE = """
with moved as (
    update orders set status = $3, status_since = clock_timestamp(), updated_at = clock_timestamp()
    where id = $1 and status = $2 returning status_since
), entry as (
    insert into order_events (order_id, at, service, event, from_status, to_status, public, detail, cause, trace_id)
    select $1, $4, $5, $6, $2, $3, true, $7, $8, $9 from moved
), messages as (
    insert into outbox (id, service, instance, topic, key, headers, value)
    select message.id, $5, $10, message.topic, $1::text, message.headers, message.value
    from moved, unnest($11::uuid[], $12::text[], $13::jsonb[], $14::bytea[]) as message (id, topic, headers, value)
)
select status_since from moved
"""
_OWE = """
update orders set refund_due = $2, refund_reason = $3, updated_at = now(),
    refund_due_since = case when $4 then coalesce(refund_due_since, now()) end
where id = $1
"""
_TOUCH = "update orders set updated_at = now() where id = $1"
_PAID_AT = "select min(at) from order_events where order_id = $1 and event = 'order.paid'"
_STUCK_PAID = """
select id from orders
where status = 'paid' and greatest(status_since, updated_at) < now() - make_interval(secs => $1)
order by status_since limit $2
"""


def _order(row: asyncpg.Record) -> Order:
    return Order(**{**row, "status": Status(row["status"])})


async def lock(connection: Connection, order_id: UUID) -> Order | None:
    """The order, locked until the transaction ends: every change of an order starts here."""
    row = await connection.fetchrow(_SELECT + " for update", order_id)
    return _order(row) if row else None


async def get(connection: Connection, order_id: UUID) -> Order | None:
    """The order as it is committed now."""
    row = await connection.fetchrow(_SELECT, order_id)
    return _order(row) if row else None


async def move(connection: Connection, outbox: Outbox, entry: Entry, messages: Iterable[Event]) -> datetime | None:
    """Moves the order as `entry` says if it still is where that says, and tells `messages` of it.

    Returns when, or None if the order is elsewhere; nothing is written then.
    """
    now = datetime.now(UTC)
    key = str(entry.order_id)
    rows = [told(outbox, entry, now), *(outbox.row(event, key=key) for event in messages)]
    since: datetime | None = await connection.fetchval(
        _MOVE,
        entry.order_id,
        entry.from_status,
        entry.to_status,
        now,
        outbox.service,
        entry.event,
        entry.detail,
        entry.cause,
        current_trace_id(),
        outbox.instance,
        [row[0] for row in rows],
        [row[3] for row in rows],
        [row[5] for row in rows],
        [row[6] for row in rows],
    )
    return since


async def owe(connection: Connection, order_id: UUID, amount: Decimal | None, reason: str, *, anything: bool) -> None:
    """Writes down what must go back to the customer, in the order's currency; None: nobody can say how much."""
    await connection.execute(_OWE, order_id, amount, reason, anything)


async def touch(connection: Connection, order_id: UUID) -> None:
    """Remembers that the order was looked after now."""
    await connection.execute(_TOUCH, order_id)


async def paid_at(connection: Connection, order_id: UUID) -> datetime | None:
    """When it was paid, by its timeline."""
    at: datetime | None = await connection.fetchval(_PAID_AT, order_id)
    return at


async def stuck_paid(connection: Connection, older_than_s: float, limit: int) -> list[UUID]:
    """Paid orders whose purchase nobody has started for so long."""
    return [row["id"] for row in await connection.fetch(_STUCK_PAID, older_than_s, limit)]
