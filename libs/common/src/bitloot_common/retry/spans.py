"""One span per attempt, so that one trace shows every attempt of a message.

The message's own `traceparent` is its creation context: parent of each attempt's span, and linked. Each hop
also carries the last attempt's span, which the next attempt links to. A replayed message starts a trace of
its own that links to the old one. The attributes are those of OpenTelemetry's messaging conventions.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import Link, ProxyTracerProvider, Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from bitloot_common.retry.autopsy import class_name
from bitloot_common.retry.message import Hop, Message

_PROPAGATOR = TraceContextTextMapPropagator()


def tracing_is_on() -> bool:
    """Whether a tracer provider was configured: without one an attempt's span would cost and show nothing."""
    return not isinstance(trace.get_tracer_provider(), (ProxyTracerProvider, trace.NoOpTracerProvider))


@contextmanager
def attempt_span(group: str, message: Message[Any], hop: Hop) -> Iterator[Span]:
    """The span of one attempt, current within the block."""
    created = _PROPAGATOR.extract({"traceparent": message.traceparent}) if message.traceparent else None
    previous = _PROPAGATOR.extract({"traceparent": hop.previous_span}) if hop.previous_span else None
    links = [Link(trace.get_current_span(c).get_span_context()) for c in (created, previous) if c is not None]
    parent = contexts.Context() if hop.replayed or created is None else created
    tracer = trace.get_tracer("bitloot_common.retry")
    with tracer.start_as_current_span(
        f"process {message.topic}",
        context=parent,
        kind=SpanKind.CONSUMER,
        links=links,
        attributes=_attributes(group, message),
        record_exception=False,
    ) as span:
        yield span


def fail_span(span: Span, error: BaseException) -> None:
    """Marks an attempt as failed: its class, never its arguments."""
    span.set_attribute("error.type", class_name(error))
    span.set_status(trace.StatusCode.ERROR)


def traceparent(span: Span) -> str | None:
    """The span as a header value."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, context=trace.set_span_in_context(span))
    return carrier.get("traceparent")


def _attributes(group: str, message: Message[Any]) -> Mapping[str, Any]:
    attributes: dict[str, Any] = {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": message.topic,
        "messaging.destination.partition.id": str(message.partition),
        "messaging.consumer.group.name": group,
        "messaging.kafka.offset": message.offset,
        "bitloot.attempt": message.attempt,
    }
    if message.key is not None:
        attributes["messaging.kafka.message.key"] = message.key.decode("utf-8", "replace")
    if message.subject:
        attributes["messaging.message.conversation_id"] = message.subject
    return attributes
