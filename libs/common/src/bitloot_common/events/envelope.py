"""The envelope: CloudEvents 1.0 in Kafka binary mode.

Attributes travel as `ce_*` headers, the data is the record's value
(CloudEvents Kafka protocol binding 1.0.2, section 3.2). `traceparent` (W3C Trace Context) rides along.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

TRACEPARENT: Final = "traceparent"
CONTENT_TYPE: Final = "content-type"

Headers = list[tuple[str, bytes]]


class Event(BaseModel):
    """Base of every event of ours: camelCase JSON, unknown fields ignored, so that a producer may add one.

    `TYPE` is `producer.fact.v1`; `TOPIC` is where it is published.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

    TYPE: ClassVar[str]
    TOPIC: ClassVar[str]

    def to_value(self) -> bytes:
        """The record's value: UTF-8 JSON."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()

    @classmethod
    def from_value(cls, value: bytes | None) -> Self:
        """Decodes a record's value. Raises pydantic.ValidationError when it is not this event."""
        return cls.model_validate_json(value or b"")


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """The context attributes of one event, as they stand in a record's headers.

    `subject` is the order id wherever it is known, else the provider's id.
    """

    id: str
    type: str
    source: str
    subject: str | None = None
    time: datetime | None = None
    traceparent: str | None = None

    def to_headers(self) -> dict[str, str]:
        """The headers as text, in the order in which they are written."""
        when = self.time or datetime.now(UTC)
        headers = {
            "ce_specversion": "1.0",
            "ce_id": self.id,
            "ce_type": self.type,
            "ce_source": self.source,
            "ce_time": when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            CONTENT_TYPE: "application/json",
        }
        if self.subject:
            headers["ce_subject"] = self.subject
        if self.traceparent:
            headers[TRACEPARENT] = self.traceparent
        return headers

    @classmethod
    def from_headers(cls, headers: Iterable[tuple[str, bytes | None]]) -> Self:
        """Reads the attributes; absent ones are empty. Of a repeated header the first counts.

        Bytes that are not UTF-8 are replaced, never raised: a poison header must not stop a consumer.
        """
        seen: dict[str, str] = {}
        for name, value in headers:
            seen.setdefault(name, (value or b"").decode("utf-8", "replace"))
        return cls(
            id=seen.get("ce_id", ""),
            type=seen.get("ce_type", ""),
            source=seen.get("ce_source", ""),
            subject=seen.get("ce_subject"),
            time=_time(seen.get("ce_time")),
            traceparent=seen.get(TRACEPARENT),
        )


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def as_record_headers(headers: dict[str, Any]) -> Headers:
    """Text headers as Kafka wants them."""
    return [(name, str(value).encode()) for name, value in headers.items()]
