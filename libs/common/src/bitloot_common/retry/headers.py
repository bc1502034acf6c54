"""The headers that tell a failed message's whole story.

Names are those of Spring Kafka's retry topics (`KafkaHeaders` in spring-kafka 3), so that existing tools
find them; the consumer group's really begins with `dlt-` there. Values are text, numbers in decimal
digits: Spring writes numbers as big-endian integers, which no console shows; `number` reads both.
What Spring has no name for is ours, `bitloot-…`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

Headers = list[tuple[str, bytes | None]]

DIGITS_MAX: Final = 20  # more than 64 bits have

ORIGINAL_TOPIC: Final = "kafka_original-topic"
ORIGINAL_PARTITION: Final = "kafka_original-partition"
ORIGINAL_OFFSET: Final = "kafka_original-offset"
ORIGINAL_TIMESTAMP: Final = "kafka_original-timestamp"
ORIGINAL_TIMESTAMP_TYPE: Final = "kafka_original-timestamp-type"
ORIGINAL_CONSUMER_GROUP: Final = "kafka_dlt-original-consumer-group"
EXCEPTION_FQCN: Final = "kafka_exception-fqcn"
EXCEPTION_CAUSE_FQCN: Final = "kafka_exception-cause-fqcn"
EXCEPTION_MESSAGE: Final = "kafka_exception-message"
EXCEPTION_STACKTRACE: Final = "kafka_exception-stacktrace"

SUBSCRIPTION: Final = "bitloot-subscription"
ATTEMPT: Final = "bitloot-attempt"  # attempts made so far
FIRST_FAILED_AT: Final = "bitloot-first-failed-at"  # times are epoch milliseconds
FAILED_AT: Final = "bitloot-failed-at"
DUE_AT: Final = "bitloot-due-at"
NOT_BEFORE: Final = "bitloot-not-before"
KIND: Final = "bitloot-kind"
FINGERPRINT: Final = "bitloot-fingerprint"
ATTEMPT_TRACEPARENT: Final = "bitloot-attempt-traceparent"
NULL_VALUE: Final = "bitloot-null-value"
REPLAYED_FROM: Final = "bitloot-replayed-from"

_SPRING: Final = frozenset(
    {
        ORIGINAL_TOPIC,
        ORIGINAL_PARTITION,
        ORIGINAL_OFFSET,
        ORIGINAL_TIMESTAMP,
        ORIGINAL_TIMESTAMP_TYPE,
        ORIGINAL_CONSUMER_GROUP,
        EXCEPTION_FQCN,
        EXCEPTION_CAUSE_FQCN,
        EXCEPTION_MESSAGE,
        EXCEPTION_STACKTRACE,
    }
)
OURS: Final = _SPRING | {
    SUBSCRIPTION,
    ATTEMPT,
    FIRST_FAILED_AT,
    FAILED_AT,
    DUE_AT,
    NOT_BEFORE,
    KIND,
    FINGERPRINT,
    ATTEMPT_TRACEPARENT,
    NULL_VALUE,
}


def foreign(headers: Iterable[tuple[str, bytes | None]]) -> Headers:
    """The headers that the message had before it came to us, in their order, repeated ones included."""
    return [(name, value) for name, value in headers if name not in OURS]


def first_of_each(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, bytes | None]:
    """By name; of a repeated one the first counts."""
    return dict(reversed(headers))


def ladder(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, bytes]:
    """Our own headers; the last of a repeated name counts."""
    return {name: value for name, value in headers if value is not None and name in OURS}


def number(ours: Mapping[str, bytes | None], name: str, *, bits: int = 64) -> int | None:
    """A header's integer: decimal digits, or four or eight big-endian bytes as Spring writes them. None when it is
    neither, or more than a signed integer of `bits` holds: anybody may have written it, and columns are finite."""
    value = ours.get(name)
    if value is None:
        return None
    if value.isdigit():
        found = int(value) if len(value) < DIGITS_MAX else None
    else:
        found = int.from_bytes(value, "big", signed=True) if len(value) in (4, 8) else None
    return found if found is not None and -(2 ** (bits - 1)) <= found < 2 ** (bits - 1) else None


def text(ours: Mapping[str, bytes | None], name: str) -> str | None:
    """A header's text; bytes that are not UTF-8 are replaced."""
    value = ours.get(name)
    return None if value is None else value.decode("utf-8", "replace")
