"""The order's timeline: every service appends what it did, in the transaction that did it.

Each entry is a row (what admin and the customer's status page read) and, when told so, an `orders.events`
message (what live pages and integrators read).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bitloot_common.db import Connection
from bitloot_common.events.orders import OrderEvent
from bitloot_common.outbox import Outbox, OutboxRow
from bitloot_common.tracing import current_trace_id

# one round trip for the entry and its message: an order has about nine of them
_INSERT = """
with entry as (
    insert into order_events (order_id, at, service, event, from_status, to_status, public, detail, cause, trace_id)
    values ($8, $9, $2, $10, $11, $12, $13, $14, $15, $16)
)
insert into outbox (id, service, instance, topic, key, headers, value) values ($1, $2, $3, $4, $5, $6, $7)
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened to an order. `event` is dotted, past tense: `order.paid`, `mail.sent`.

    `public` entries are shown to the customer (name, status and time only). `detail` and `cause` are for
    admins and hold nothing secret.
    """

    order_id: UUID
    event: str
    from_status: str | None = None
    to_status: str | None = None
    public: bool = False
    detail: dict[str, Any] = field(default_factory=dict)
    cause: dict[str, Any] = field(default_factory=dict)


def told(outbox: Outbox, entry: Entry, at: datetime) -> OutboxRow:
    """The `orders.events` message of `entry`."""
    event = OrderEvent(
        order_id=entry.order_id,
        event=entry.event,
        service=outbox.service,
        at=at,
        from_status=entry.from_status,
        to_status=entry.to_status,
        detail=entry.detail,
    )
    return outbox.row(event, key=str(entry.order_id), time=at)


async def append(connection: Connection, outbox: Outbox, entry: Entry) -> None:
    """Writes `entry` and its `orders.events` message within the caller's transaction."""
    now = datetime.now(UTC)
    await connection.execute(
        _INSERT,
        *told(outbox, entry, now),
        entry.order_id,
        now,
        entry.event,
        entry.from_status,
        entry.to_status,
        entry.public,
        entry.detail,
        entry.cause,
        current_trace_id(),
    )
