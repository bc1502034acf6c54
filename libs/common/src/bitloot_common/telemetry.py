"""Traces: exported by OTLP where OTEL_EXPORTER_OTLP_ENDPOINT says so, to a file where OTEL_TRACES_FILE does.

Without either, nothing is recorded and a span costs next to nothing; `traceparent` still travels from the
webhook to the mail, so that log lines and timeline entries of one order share a trace id.
"""

import os
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from uuid import uuid4

from opentelemetry import trace
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.trace import Status
from opentelemetry.util.types import Attributes, AttributeValue

from bitloot_common.scrub import scrub, scrub_value

NAMESPACE = "bitloot"
INSTANCE = "service.instance.id"


class Scrubbing(SpanExporter):
    """The last line of defence in traces: attributes, events and status leave without what looks like a secret.

    Instrumentations record what we would not: FastAPI's the whole path, every one an exception's text.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_scrubbed(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _scrubbed(span: ReadableSpan) -> ReadableSpan:
    status = span.status
    if status.description:
        status = Status(status.status_code, scrub(status.description))
    return ReadableSpan(
        name=scrub(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_attributes(span.attributes),
        events=[Event(event.name, _attributes(event.attributes), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _attributes(attributes: Attributes) -> dict[str, AttributeValue]:
    return {name: scrub_value(value, name) for name, value in (attributes or {}).items()}


def _resource(service: str) -> Resource:
    """Who speaks. The instance is a UUID of the process's own, as OpenTelemetry's conventions want it, unless
    OTEL_RESOURCE_ATTRIBUTES names it: a pid is the same in every container."""
    given = OTELResourceDetector().detect().attributes
    instance = given.get(INSTANCE, str(uuid4()))
    return Resource.create({"service.name": service, "service.namespace": NAMESPACE, INSTANCE: instance})


def configure(service: str) -> None:
    """Sets the process's tracer provider. Call once, after logging. Standard OTEL_* variables apply."""
    endpoint, file = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"), os.environ.get("OTEL_TRACES_FILE")
    if not endpoint and not file:
        return
    provider = TracerProvider(resource=_resource(service))
    if endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(BatchSpanProcessor(Scrubbing(OTLPSpanExporter())))
    if file:
        # one write per line, so that several processes may share the file; open as long as the process
        raw = Path(file).open("ab", buffering=0)  # noqa: SIM115
        out = TextIOWrapper(raw, encoding="utf-8", write_through=True)
        exporter = ConsoleSpanExporter(out=out, formatter=lambda span: span.to_json(indent=None) + "\n")
        provider.add_span_processor(SimpleSpanProcessor(Scrubbing(exporter)))
    trace.set_tracer_provider(provider)
