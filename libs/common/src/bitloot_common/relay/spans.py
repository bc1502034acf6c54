"""The spans of the relay: an outbox row on its way to its topic, in the trace of who wrote the row.

A row whose trace is not recorded costs one comparison; the messaging conventions name the rest.
"""

import time
from typing import Final
from uuid import UUID

import asyncpg
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue

from bitloot_common.events.envelope import TRACEPARENT
from bitloot_common.tracing import context_of, is_sampled

_TRACER: Final = trace.get_tracer("bitloot_common.relay")


def is_recorded(row: asyncpg.Record) -> bool:
    """Whether the row belongs to a recorded trace."""
    return is_sampled(row["headers"].get(TRACEPARENT))


def sent(row: asyncpg.Record, started_ns: int, partition: int, offset: int) -> None:
    """Records that `row` was sent from `started_ns` (epoch) until now. How long it had waited in the outbox is
    an attribute: the wait belongs to nobody's work."""
    row_id: UUID = row["id"]
    made_ms = row_id.int >> 80  # a UUIDv7's first 48 bits: epoch milliseconds (RFC 9562, section 5.7)
    attributes: dict[str, AttributeValue] = {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": row["topic"],
        "messaging.destination.partition.id": str(partition),
        "messaging.kafka.offset": offset,
        "messaging.message.id": str(row_id),
        "bitloot.outbox.waited_s": max(0.0, started_ns / 1e9 - made_ms / 1e3),
    }
    if row["key"] is not None:
        attributes["messaging.kafka.message.key"] = row["key"]
    if subject := row["headers"].get("ce_subject"):
        attributes["messaging.message.conversation_id"] = subject
    span = _TRACER.start_span(
        f"send {row['topic']}",
        context=context_of(row["headers"][TRACEPARENT]),
        kind=SpanKind.PRODUCER,
        attributes=attributes,
        start_time=started_ns,
    )
    span.end(time.time_ns())
