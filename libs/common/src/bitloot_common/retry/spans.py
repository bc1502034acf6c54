"""One span per attempt and per hop to a next topic, so that one trace shows a message's whole way.

The message's own `traceparent` is its creation context: never changed, parent of each attempt's span, and
linked. Each hop also carries the last attempt's span, which the next attempt links to. A replayed message
starts a trace of its own that links to the old one. Names and attributes are those of OpenTelemetry's messaging
conventions.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import Link, Span, SpanKind
from opentelemetry.util.types import AttributeValue

from bitloot_common.events.envelope import TRACEPARENT
from bitloot_common.retry import headers as names
from bitloot_common.retry.message import Hop, Message
from bitloot_common.tracing import context_of, is_sampled, span_context_of

_TRACER: Final = trace.get_tracer("bitloot_common.retry")


@contextmanager
def attempt_span(group: str, message: Message[Any], hop: Hop) -> Iterator[Span]:
    """The span of one attempt, current within the block."""
    created, previous = span_context_of(message.traceparent), span_context_of(hop.previous_span)
    parent = contexts.Context() if hop.replayed else context_of(message.traceparent)
    with _TRACER.start_as_current_span(
        f"process {message.topic}",
        context=parent or contexts.Context(),
        kind=SpanKind.CONSUMER,
        links=[Link(context) for context in (created, previous) if context is not None],
        attributes=_attributes(group, message),
        record_exception=False,
    ) as span:
        yield span


def forward_span(topic: str, told: names.Headers) -> AbstractContextManager[object]:
    """The span of a hop to a retry topic or to the dead letters: a child of the attempt that failed, where that
    is recorded. `told` are the headers that the record gets there."""
    ours = names.first_of_each(told)
    parent = names.text(ours, names.ATTEMPT_TRACEPARENT) or names.text(ours, TRACEPARENT)
    if not is_sampled(parent):
        return nullcontext()
    attributes: dict[str, AttributeValue] = {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": topic,
        "bitloot.attempts": names.number(ours, names.ATTEMPT) or 0,
    }
    if subject := names.text(ours, "ce_subject"):
        attributes["messaging.message.conversation_id"] = subject
    return _TRACER.start_as_current_span(
        f"send {topic}",
        context=context_of(parent),
        kind=SpanKind.PRODUCER,
        attributes=attributes,
        record_exception=False,
    )


def _attributes(group: str, message: Message[Any]) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": message.topic,
        "messaging.destination.partition.id": str(message.partition),
        "messaging.consumer.group.name": group,
        "messaging.kafka.offset": message.offset,
        "bitloot.attempt": message.attempt,
    }
    if message.id:
        attributes["messaging.message.id"] = message.id
    if message.key is not None:
        attributes["messaging.kafka.message.key"] = message.key.decode("utf-8", "replace")
    if message.subject:
        attributes["messaging.message.conversation_id"] = message.subject
    return attributes
