"""Writes a failed message's story into headers: where it comes from, what happened, what comes next."""

from collections.abc import Callable
from typing import Any

from bitloot_common.retry import headers as names
from bitloot_common.retry.autopsy import Autopsy, examine
from bitloot_common.retry.message import Delivery, Failed, now_ms


class Teller:
    """Tells stories for one consumer group; `scrub` takes secrets out of what exceptions say."""

    def __init__(self, group: str, scrub: Callable[[str], str]) -> None:
        self._group = group.encode()
        self._scrub = scrub

    def tell(
        self, delivery: Delivery, failed: Failed, *, due_at: int | None = None, not_before: int | None = None
    ) -> tuple[names.Headers, Autopsy]:
        """The record's own headers, untouched and in order, then ours. Times are epoch milliseconds."""
        hop, now = delivery.hop, now_ms()
        autopsy = examine(failed.error, self._scrub)
        told = names.foreign(delivery.record.headers)
        told += [
            (names.SUBSCRIPTION, hop.subscription.encode()),
            (names.ORIGINAL_TOPIC, hop.topic.encode()),
            (names.ORIGINAL_PARTITION, b"%d" % hop.partition),
            (names.ORIGINAL_OFFSET, b"%d" % hop.offset),
            (names.ORIGINAL_TIMESTAMP, b"%d" % hop.timestamp),
            (names.ORIGINAL_TIMESTAMP_TYPE, b"LogAppendTime" if hop.timestamp_type else b"CreateTime"),
            (names.ORIGINAL_CONSUMER_GROUP, self._group),
            (names.ATTEMPT, b"%d" % (hop.attempts + 1)),
            (names.FIRST_FAILED_AT, b"%d" % (hop.first_failed_at or now)),
            (names.FAILED_AT, b"%d" % now),
            (names.KIND, failed.verdict.kind.encode()),
            (names.FINGERPRINT, autopsy.fingerprint.encode()),
            (names.EXCEPTION_FQCN, autopsy.error_class.encode()),
            (names.EXCEPTION_MESSAGE, autopsy.message.encode()),
            (names.EXCEPTION_STACKTRACE, autopsy.stack.encode()),
        ]
        if autopsy.cause_class is not None:
            told.append((names.EXCEPTION_CAUSE_FQCN, autopsy.cause_class.encode()))
        if failed.span is not None:
            told.append((names.ATTEMPT_TRACEPARENT, failed.span.encode()))
        if not_before is not None:
            told.append((names.NOT_BEFORE, b"%d" % not_before))
        if due_at is not None:
            told.append((names.DUE_AT, b"%d" % due_at))
        return told, autopsy


def summary(delivery: Delivery, failed: Failed, autopsy: Autopsy) -> dict[str, Any]:
    """What a log line says of a failure."""
    hop = delivery.hop
    place = {"topic": hop.topic, "partition": hop.partition, "offset": hop.offset, "attempt": hop.attempts + 1}
    return {**place, "kind": failed.verdict.kind, "error": autopsy.error_class, "fingerprint": autopsy.fingerprint}


def postpone(delivery: Delivery, due_at: int) -> names.Headers:
    """The record's headers as they are, due later: nothing has happened to it."""
    kept = [(name, value) for name, value in delivery.record.headers if name != names.DUE_AT]
    return [*kept, (names.DUE_AT, b"%d" % due_at)]
