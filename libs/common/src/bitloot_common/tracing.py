"""Trace context across process borders: W3C `traceparent` in HTTP, in the outbox and on the topics.

One order is one trace, from the webhook that paid it to the mail. Where nothing carries the context (a webhook
of Kinguin's, a look of the reconciler's) it is taken up from where it was kept: `continued`.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    ProxyTracerProvider,
    Span,
    SpanContext,
    SpanKind,
    TraceFlags,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from bitloot_common.error_class import class_name

_PROPAGATOR: Final = TraceContextTextMapPropagator()
# https://www.w3.org/TR/trace-context/#traceparent-header; later versions may append fields
_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?![^-])")
_TRACER: Final = trace.get_tracer("bitloot_common")


def is_on() -> bool:
    """Whether a tracer provider was configured: without one a span would cost and show nothing."""
    return not isinstance(trace.get_tracer_provider(), (ProxyTracerProvider, trace.NoOpTracerProvider))


def current_traceparent() -> str | None:
    """The current span as a `traceparent` header value, or None outside of any trace."""
    return traceparent_of(trace.get_current_span())


def current_trace_id() -> str | None:
    """The current trace's id as 32 hex digits, or None outside of any trace."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def traceparent_of(span: Span) -> str | None:
    """`span` as a `traceparent` header value."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, context=trace.set_span_in_context(span))
    return carrier.get("traceparent")


def context_of(traceparent: str | None) -> Context | None:
    """What spans are started in to be children of `traceparent`; None where it is missing or malformed."""
    found = span_context_of(traceparent)
    return trace.set_span_in_context(NonRecordingSpan(found), Context()) if found is not None else None


def span_context_of(traceparent: str | None) -> SpanContext | None:
    """What a link points to; None where `traceparent` is missing or malformed.

    Every message passes here, so it is read by hand: a third of the time that the propagator takes.
    """
    parts = _TRACEPARENT.match(traceparent) if traceparent else None
    if parts is None:
        return None
    trace_id, span_id, flags = parts.groups()
    found = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))
    return found if found.is_valid else None


def is_sampled(traceparent: str | None) -> bool:
    """Whether its trace is recorded: the lowest bit of the flags that a version 00 ends with (W3C Trace Context).
    Asked of every message, so without the price of reading all of it."""
    return bool(traceparent and traceparent[-1] in "13579bdf")


@contextmanager
def within(traceparent: str | None) -> Iterator[None]:
    """The block belongs to `traceparent`'s trace, though no span is recorded of it."""
    context = context_of(traceparent)
    if context is None:
        yield
        return
    token = contexts.attach(context)
    try:
        yield
    finally:
        contexts.detach(token)


@contextmanager
def continued(traceparent: str | None, name: str) -> Iterator[None]:
    """The block belongs to `traceparent`'s trace, as a span that links to the one it was called from.

    Without a `traceparent`, or where that is the current trace already, the block stays in the current one.
    """
    before, kept = trace.get_current_span().get_span_context(), span_context_of(traceparent)
    if kept is None or kept.trace_id == before.trace_id:
        yield
        return
    links = [Link(before)] if before.is_valid else []
    with _TRACER.start_as_current_span(name, context=context_of(traceparent), links=links, record_exception=False):
        yield


@contextmanager
def calling(name: str, attributes: Mapping[str, AttributeValue]) -> Iterator[Span]:
    """The span of one call to the outside. A failed one is marked by its error's class, never by its text."""
    with _TRACER.start_as_current_span(
        name, kind=SpanKind.CLIENT, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except BaseException as error:
            fail(span, error)
            raise


def fail(span: Span, error: BaseException) -> None:
    """Marks a span as failed: the error's class, never its arguments."""
    span.set_attribute("error.type", class_name(error))
    span.set_status(trace.StatusCode.ERROR)
