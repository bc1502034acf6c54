"""The database and the outbox together: a change, its timeline entry and its messages are one transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from bitloot_common import timeline
from bitloot_common.db import Connection, Pool
from bitloot_common.events.envelope import Event
from bitloot_common.outbox import Outbox
from bitloot_common.retry import Message
from bitloot_common.timeline import Entry

from bitloot_fulfillment import metrics
from bitloot_fulfillment.order_machine import Fact

log = structlog.get_logger(__name__)

_ALERTED = "select exists (select from order_events where order_id = $1 and event = 'order.alert' and detail = $2)"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something was done: a message, or the reconciler, or a person. `event_id` None: not a message."""

    event_id: str | None = None
    told: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, message: Message[Any]) -> "Cause":
        place = {"topic": message.topic, "partition": message.partition, "offset": message.offset}
        return cls(message.id, {"event": message.id, "type": message.type, **place})


class Books:
    """Opens transactions and writes the order's story in them."""

    def __init__(self, pool: Pool, outbox: Outbox) -> None:
        self._pool = pool
        self.outbox = outbox

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A transaction; when it has committed the relay is woken."""
        async with self._pool.acquire() as connection, connection.transaction():
            yield connection
        self.outbox.committed()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection without a transaction around it: each statement sees what is committed."""
        async with self._pool.acquire() as connection:
            yield connection

    async def note(
        self,
        connection: Connection,
        order_id: UUID,
        event: str,
        cause: Cause,
        *,
        public: bool = False,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """A timeline entry that is no move of the order."""
        entry = Entry(order_id, event, public=public, detail=detail or {}, cause=cause.told)
        await timeline.append(connection, self.outbox, entry)

    async def alert(
        self, connection: Connection, order_id: UUID, fact: Fact, why: str, cause: Cause, detail: dict[str, Any]
    ) -> None:
        """A person has to look: on the timeline, in the log, in a metric. What was told before, word for word, is not
        told again: reports repeat, and so do the reconciler's questions."""
        told = {"fact": fact, "why": why, **detail}
        if await connection.fetchval(_ALERTED, order_id, told):
            return
        metrics.ALERTS.labels(fact).inc()
        log.error("order.alert", order_id=str(order_id), fact=fact, why=why, **detail)
        await self.note(connection, order_id, "order.alert", cause, detail=told)

    async def tell(self, connection: Connection, order_id: UUID, event: Event) -> None:
        """A message about the order."""
        await self.outbox.add(connection, event, key=str(order_id))


def age_s(since: datetime) -> float:
    """Seconds from `since` to now."""
    return max(0.0, (datetime.now(UTC) - since).total_seconds())
