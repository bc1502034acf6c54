"""From a record to what a handler sees, and what a subscription declares about it."""

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from aiokafka import ConsumerRecord
from pydantic import BaseModel

from bitloot_common.events.envelope import CloudEvent
from bitloot_common.retry import headers as names
from bitloot_common.retry.breaker import Breaker
from bitloot_common.retry.classify import ErrorTypes, Verdict
from bitloot_common.retry.entrance import Entrance
from bitloot_common.retry.errors import UnknownEvent

T = TypeVar("T", bound=BaseModel)

_OPEN: Final = nullcontext()

Handler = Callable[["Message[Any]"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Message(Generic[T]):
    """One message as its handler sees it, the same on its first attempt and on its last.

    `topic`, `partition`, `offset` and `headers` are the original record's; `attempt` counts from 1.
    """

    data: T
    id: str
    type: str
    subject: str | None
    time: datetime | None
    key: bytes | None
    headers: names.Headers
    topic: str
    partition: int
    offset: int
    attempt: int
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Hop:
    """Where a record stands on its way: read from our headers, or a first attempt's.

    Times are epoch milliseconds.
    """

    subscription: str
    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: int
    attempts: int = 0
    first_failed_at: int | None = None
    due_at: int = 0
    not_before: int = 0
    previous_span: str | None = None
    replayed: bool = False

    @classmethod
    def first(cls, record: ConsumerRecord[bytes, bytes]) -> "Hop":
        """A record of a main topic: whatever ladder headers it carries are none of ours."""
        return cls(
            subscription=record.topic,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            timestamp=record.timestamp,
            timestamp_type=record.timestamp_type,
            replayed=any(name == names.REPLAYED_FROM for name, _ in record.headers),
        )

    @classmethod
    def later(cls, record: ConsumerRecord[bytes, bytes]) -> "Hop":
        """A record of a retry topic. What is missing is taken from the record itself."""
        ours = names.first_of_each(record.headers)

        def number(name: str, default: int) -> int:
            value = names.number(ours, name)
            return default if value is None else value

        return cls(
            subscription=names.text(ours, names.SUBSCRIPTION) or "",
            topic=names.text(ours, names.ORIGINAL_TOPIC) or record.topic,
            partition=number(names.ORIGINAL_PARTITION, record.partition),
            offset=number(names.ORIGINAL_OFFSET, record.offset),
            timestamp=number(names.ORIGINAL_TIMESTAMP, record.timestamp),
            timestamp_type=0 if names.text(ours, names.ORIGINAL_TIMESTAMP_TYPE) == "CreateTime" else 1,
            attempts=number(names.ATTEMPT, 1),
            first_failed_at=names.number(ours, names.FIRST_FAILED_AT),
            due_at=number(names.DUE_AT, 0),
            not_before=number(names.NOT_BEFORE, 0),
            previous_span=names.text(ours, names.ATTEMPT_TRACEPARENT),
            replayed=names.REPLAYED_FROM in ours,
        )


@dataclass(frozen=True, slots=True)
class Subscription:
    """One topic, its models and its policy."""

    topic: str
    models: Mapping[str, type[BaseModel]]  # by ce_type; "" is a record without one, "*" any
    ignore: frozenset[str]
    handler: Handler
    timeout_s: float
    delays_s: tuple[int, ...]
    retry_on: ErrorTypes
    bury_on: ErrorTypes
    entrance: Entrance
    needs: tuple[Breaker, ...] = field(default=())

    def ignores(self, record: ConsumerRecord[bytes, bytes]) -> bool:
        """Whether the record's type is declared as of no interest."""
        return bool(self.ignore) and _event_type(record) in self.ignore

    def decode(self, record: ConsumerRecord[bytes, bytes], hop: Hop) -> Message[Any]:
        """Raises UnknownEvent or pydantic.ValidationError on poison."""
        headers = names.foreign(record.headers)
        envelope = CloudEvent.from_headers(headers)
        model = self.models.get(envelope.type) or self.models.get("*")
        if model is None:
            raise UnknownEvent(hop.topic, envelope.type)
        return Message(
            data=model.model_validate_json(record.value or b""),
            id=envelope.id,
            type=envelope.type,
            subject=envelope.subject,
            time=envelope.time,
            key=record.key,
            headers=headers,
            topic=hop.topic,
            partition=hop.partition,
            offset=hop.offset,
            attempt=hop.attempts + 1,
            traceparent=envelope.traceparent,
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """One record at work. `step` is the retry topic it came by; None on its first attempt."""

    record: "ConsumerRecord[bytes, bytes]"
    hop: Hop
    subscription: Subscription | None
    step: str | None
    had_turn: bool = False

    @property
    def entrance(self) -> AbstractAsyncContextManager[None]:
        """The door that a first attempt goes in by; a retry is in already."""
        return self.subscription.entrance if self.step is None and self.subscription else _OPEN

    @property
    def delays_s(self) -> tuple[int, ...]:
        """The delays that its subscription declares; none for a subscription that is gone."""
        return self.subscription.delays_s if self.subscription else ()

    def delay_s(self, wait_s: float) -> int:
        """The shortest of the declared delays that waits long enough, else the longest."""
        return min((d for d in self.delays_s if d >= wait_s), default=max(self.delays_s))


@dataclass(frozen=True, slots=True)
class Failed:
    """What an attempt came to. `span` is its trace context, for the next hop to link to."""

    error: BaseException
    verdict: Verdict
    span: str | None = None


def models_by_type(models: type[BaseModel] | Mapping[str, type[BaseModel]]) -> dict[str, type[BaseModel]]:
    """One model takes records of its own `TYPE` and records without `ce_type`; several are told apart by it."""
    if isinstance(models, Mapping):
        return dict(models)
    event_type = getattr(models, "TYPE", None)
    return {event_type: models, "": models} if event_type else {"*": models}


def due_at(record: "ConsumerRecord[bytes, bytes]") -> int:
    """When a record of a retry topic is due, epoch milliseconds; 0 when it does not tell."""
    value = next((value for name, value in reversed(record.headers) if name == names.DUE_AT), None)
    return names.number({names.DUE_AT: value}, names.DUE_AT) or 0 if value else 0


def _event_type(record: ConsumerRecord[bytes, bytes]) -> str:
    return next(((value or b"").decode("utf-8", "replace") for name, value in record.headers if name == "ce_type"), "")


def now_ms() -> int:
    """The wall clock, epoch milliseconds."""
    return time.time_ns() // 1_000_000
