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
from bitloot_common.outbox import Outbox
from bitloot_common.tracing import current_trace_id

_INSERT = """
insert into order_events (order_id, at, service, event, from_status, to_status, public, detail, cause, trace_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
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


async def append(connection: Connection, outbox: Outbox, entry: Entry) -> None:
    """Writes `entry` and its `orders.events` message within the caller's transaction."""
    now = datetime.now(UTC)
    await connection.execute(
        _INSERT,
        entry.order_id,
        now,
        outbox.service,
        entry.event,
        entry.from_status,
        entry.to_status,
        entry.public,
        entry.detail,
        entry.cause,
        current_trace_id(),
    )
    event = OrderEvent(
        order_id=entry.order_id,
        event=entry.event,
        service=outbox.service,
        at=now,
        from_status=entry.from_status,
        to_status=entry.to_status,
        detail=entry.detail,
    )
    await outbox.add(connection, event, key=str(entry.order_id), time=now)
