"""Outbox rows whose value is somebody else's bytes."""

from uuid import UUID

from bitloot_common.db import Connection
from bitloot_common.events.envelope import CloudEvent, Event
from bitloot_common.ids import new_id
from bitloot_common.outbox import Outbox
from bitloot_common.tracing import current_traceparent

_INSERT = """
insert into outbox (id, service, instance, topic, key, headers, value) values ($1, $2, $3, $4, $5, $6, $7)
"""


async def add_raw(
    connection: Connection,
    outbox: Outbox,
    event: type[Event],
    *,
    value: bytes,
    key: str,
    extra_headers: dict[str, str],
) -> UUID:
    """Adds `value`, byte for byte, as an `event` within the caller's transaction. Returns its new ce_id."""
    row_id = new_id()
    envelope = CloudEvent(
        id=str(row_id),
        type=event.TYPE,
        source=f"/bitloot/{outbox.service}",
        subject=key,
        traceparent=current_traceparent(),
    )
    headers = envelope.to_headers() | extra_headers
    await connection.execute(_INSERT, row_id, outbox.service, outbox.instance, event.TOPIC, key, headers, value)
    return row_id
