"""The transactional outbox: a state change and the message that tells of it are one transaction.

A row belongs to an instance, the process that will publish it (`relay.py`). The instance is a random
number held as a session advisory lock, so that others can tell when it is gone and adopt its rows.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from bitloot_common.db import Connection
from bitloot_common.events.envelope import CloudEvent, Event
from bitloot_common.ids import new_id
from bitloot_common.tracing import current_traceparent

_INSERT = """
insert into outbox (id, service, instance, topic, key, headers, value) values ($1, $2, $3, $4, $5, $6, $7)
"""

# id, service, instance, topic, key, headers, value
OutboxRow = tuple[UUID, str, int, str, str, dict[str, str], bytes]


class Outbox:
    """Where one process's messages wait for its relay."""

    def __init__(self, service: str, wake: Callable[[], None] | None = None) -> None:
        self.service = service
        self.instance = secrets.randbits(63)
        self._wake = wake

    def set_wake(self, wake: Callable[[], None]) -> None:
        """`wake` is called after a commit (see `committed`), so that the relay need not poll."""
        self._wake = wake

    async def add(
        self,
        connection: Connection,
        event: Event,
        *,
        key: str,
        event_id: UUID | None = None,
        time: datetime | None = None,
        traceparent: str | None = None,
    ) -> UUID:
        """Adds `event` within the caller's transaction and returns its id (the message's ce_id).

        `key` is the Kafka key and the event's subject: the order id wherever it is known.
        Call `committed()` after the transaction has committed.
        """
        row = self.row(event, key=key, event_id=event_id, time=time, traceparent=traceparent)
        await connection.execute(_INSERT, *row)
        return row[0]

    def row(
        self,
        event: Event,
        *,
        key: str,
        event_id: UUID | None = None,
        time: datetime | None = None,
        traceparent: str | None = None,
    ) -> OutboxRow:
        """The row of `event`, for a statement that inserts it together with something else."""
        row_id = event_id or new_id()
        envelope = CloudEvent(
            id=str(row_id),
            type=event.TYPE,
            source=f"/bitloot/{self.service}",
            subject=key,
            time=time,
            traceparent=traceparent or current_traceparent(),
        )
        return row_id, self.service, self.instance, event.TOPIC, key, envelope.to_headers(), event.to_value()

    def committed(self) -> None:
        """Wakes the relay: rows of ours have been committed."""
        if self._wake:
            self._wake()
