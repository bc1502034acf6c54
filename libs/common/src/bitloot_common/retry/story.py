"""Writes a failed message's story into headers: where it comes from, what happened, what comes next."""

from collections.abc import Callable

from bitloot_common.retry import headers as names
from bitloot_common.retry.autopsy import Autopsy, examine
from bitloot_common.retry.message import Delivery, Failed, now_ms


class Teller:
    """Tells stories for one consumer group; `scrub` takes secrets out of what exceptions say."""

    def __init__(self, group: str, scrub: Callable[[str], str]) -> None:
        self._group = group
        self._scrub = scrub

    def tell(
        self, delivery: Delivery, failed: Failed, *, due_at: int | None = None, not_before: int | None = None
    ) -> tuple[names.Headers, Autopsy]:
        """The record's own headers, untouched and in order, then ours. Times are epoch milliseconds."""
        hop, now = delivery.hop, now_ms()
        autopsy = examine(failed.error, self._scrub)
        ours = {
            names.SUBSCRIPTION: hop.subscription,
            names.ORIGINAL_TOPIC: hop.topic,
            names.ORIGINAL_PARTITION: hop.partition,
            names.ORIGINAL_OFFSET: hop.offset,
            names.ORIGINAL_TIMESTAMP: hop.timestamp,
            names.ORIGINAL_TIMESTAMP_TYPE: "LogAppendTime" if hop.timestamp_type else "CreateTime",
            names.ORIGINAL_CONSUMER_GROUP: self._group,
            names.ATTEMPT: hop.attempts + 1,
            names.FIRST_FAILED_AT: hop.first_failed_at or now,
            names.FAILED_AT: now,
            names.DUE_AT: due_at,
            names.NOT_BEFORE: not_before,
            names.KIND: failed.verdict.kind,
            names.FINGERPRINT: autopsy.fingerprint,
            names.EXCEPTION_FQCN: autopsy.error_class,
            names.EXCEPTION_CAUSE_FQCN: autopsy.cause_class,
            names.EXCEPTION_MESSAGE: autopsy.message,
            names.EXCEPTION_STACKTRACE: autopsy.stack,
            names.ATTEMPT_TRACEPARENT: failed.span,
        }
        told = [(name, str(value).encode()) for name, value in ours.items() if value is not None]
        return [*names.foreign(delivery.record.headers), *told], autopsy


def postpone(delivery: Delivery, due_at: int) -> names.Headers:
    """The record's headers as they are, due later: nothing has happened to it."""
    kept = [(name, value) for name, value in delivery.record.headers if name != names.DUE_AT]
    return [*kept, (names.DUE_AT, str(due_at).encode())]
