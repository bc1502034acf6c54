"""One dead letter, read from its record or from its row: the same either way."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid5

import orjson

from bitloot_common.events.envelope import CloudEvent
from bitloot_common.retry import headers as names

_NAMESPACE: Final = UUID("6f2b1d0e-8a0b-5c58-9a5e-1f6d0c7a4b11")
_SUFFIX: Final = ".dlt"


class State(StrEnum):
    """What became of it."""

    OPEN = "open"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message whose handling failed for good. `id` follows from its place, with or without a database."""

    id: UUID
    service: str
    dlt_topic: str
    dlt_partition: int
    dlt_offset: int
    original_topic: str
    original_partition: int | None
    original_offset: int | None
    original_timestamp: datetime | None
    key: bytes | None
    value: bytes | None
    headers: names.Headers
    event_id: str | None
    event_type: str | None
    order_id: UUID | None
    attempts: int | None
    error_class: str | None
    error_message: str | None
    fingerprint: str
    first_failed_at: datetime | None
    dead_at: datetime
    state: State = State.OPEN
    state_at: datetime | None = None
    state_by: str | None = None
    state_reason: str | None = None
    replays: int = 0

    @property
    def place(self) -> str:
        """`topic/partition/offset` on the dead-letter topic."""
        return f"{self.dlt_topic}/{self.dlt_partition}/{self.dlt_offset}"

    @property
    def stack(self) -> str | None:
        """The short stack trace."""
        return names.text(names.ladder(self.headers), names.EXCEPTION_STACKTRACE)

    @classmethod
    def from_record(cls, record: Any) -> "DeadLetter":
        """Reads a record of a dead-letter topic, whoever put it there; what is not told is None or empty."""
        ours = names.ladder(record.headers)
        envelope = CloudEvent.from_headers(record.headers)
        value = None if names.NULL_VALUE in ours else record.value
        return cls(
            id=id_of(record.topic, record.partition, record.offset),
            service=record.topic.removesuffix(_SUFFIX),
            dlt_topic=record.topic,
            dlt_partition=record.partition,
            dlt_offset=record.offset,
            original_topic=names.text(ours, names.ORIGINAL_TOPIC) or "",
            original_partition=names.number(ours, names.ORIGINAL_PARTITION, bits=32),
            original_offset=names.number(ours, names.ORIGINAL_OFFSET),
            original_timestamp=_time(names.number(ours, names.ORIGINAL_TIMESTAMP)),
            key=record.key,
            value=value,
            headers=list(record.headers),
            event_id=envelope.id or None,
            event_type=envelope.type or None,
            order_id=_order_id(envelope.subject, record.key, value),
            attempts=names.number(ours, names.ATTEMPT, bits=32),
            error_class=names.text(ours, names.EXCEPTION_FQCN),
            error_message=names.text(ours, names.EXCEPTION_MESSAGE),
            fingerprint=names.text(ours, names.FINGERPRINT) or "unknown",
            first_failed_at=_time(names.number(ours, names.FIRST_FAILED_AT)),
            dead_at=_time(names.number(ours, names.FAILED_AT)) or _time(record.timestamp) or datetime.now(UTC),
        )

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "DeadLetter":
        """Reads a row of `dead_letters`."""
        fields = {name: row[name] for name in cls.__slots__}
        fields["headers"] = [
            (name, None if value is None else base64.b64decode(value)) for name, value in row["headers"]
        ]
        fields["state"] = State(row["state"])
        return cls(**fields)

    def headers_as_json(self) -> list[list[str | None]]:
        """As the table keeps them: exact bytes, in order, repeats included."""
        return [
            [_storable(name), None if value is None else base64.b64encode(value).decode()]
            for name, value in self.headers
        ]


def id_of(topic: str, partition: int, offset: int) -> UUID:
    """The same id for the same place, so that a page, a command line and a log speak of the same letter."""
    return uuid5(_NAMESPACE, f"{topic}/{partition}/{offset}")


def parse_id(text: str) -> UUID:
    """An id, or the id of a place such as `fulfillment.dlt/0/12`. Raises ValueError."""
    topic, _, rest = text.partition("/")
    partition, _, offset = rest.partition("/")
    if partition.isdigit() and offset.isdigit():
        return id_of(topic, int(partition), int(offset))
    return UUID(text)


def _storable(text: str) -> str:
    """PostgreSQL's text takes every character but NUL."""
    return text.replace("\x00", "\ufffd")


def storable(text: str | None) -> str | None:
    """`text` as a column takes it."""
    return None if text is None else _storable(text)


def _time(milliseconds: int | None) -> datetime | None:
    try:
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _order_id(subject: str | None, key: bytes | None, value: bytes | None) -> UUID | None:
    """The order that the message is about: its subject, its key, or what its body names."""
    for candidate in (subject, (key or b"").decode("utf-8", "replace"), _named(value)):
        try:
            if candidate:
                return UUID(candidate)
        except ValueError:
            continue
    return None


def _named(value: bytes | None) -> str | None:
    try:
        body = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(body, dict):
        return None
    found = next(
        (body[name] for name in ("orderId", "order_id", "externalId", "orderExternalId") if body.get(name)), None
    )
    return found if isinstance(found, str) else None
