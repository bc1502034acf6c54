"""The trace that starts at a webhook, without the SDK's price on every request.

A span of the SDK costs as much as the rest of the request (measured), so ids are made by hand and carried as
`traceparent`; a share of the requests (all, by default, where an exporter is configured) gets a real span.
"""

import random

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

_TRACER = trace.get_tracer("bitloot_ingress")


class Traces:
    """Starts one trace per webhook; `ratio` of them are recorded where an exporter is configured."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio if isinstance(trace.get_tracer_provider(), TracerProvider) else 0.0

    def span(self, name: str) -> trace.Span | None:
        """A recorded span, to be ended by the caller, or nothing."""
        if self._ratio and random.random() < self._ratio:  # noqa: S311  (sampling, not secrecy)
            return _TRACER.start_span(name, kind=trace.SpanKind.SERVER)
        return None

    def ids(self, span: trace.Span | None = None) -> tuple[str, str]:
        """Trace id and `traceparent` of the span, or fresh ones marked as not sampled."""
        if span is not None:
            context = span.get_span_context()
            if context.is_valid:
                trace_id = f"{context.trace_id:032x}"
                return trace_id, f"00-{trace_id}-{context.span_id:016x}-{context.trace_flags:02x}"
        trace_id = f"{random.getrandbits(128) or 1:032x}"
        return trace_id, f"00-{trace_id}-{random.getrandbits(64) or 1:016x}-00"
