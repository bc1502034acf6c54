"""Traces: exported by OTLP where OTEL_EXPORTER_OTLP_ENDPOINT says so, to a file where OTEL_TRACES_FILE does.

Without either, nothing is recorded and a span costs next to nothing; `traceparent` still travels from the
webhook to the mail, so that log lines and timeline entries of one order share a trace id.
"""

import os
from pathlib import Path

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor

NAMESPACE = "bitloot"


def configure(service: str) -> None:
    """Sets the process's tracer provider. Call once, after logging. Standard OTEL_* variables apply."""
    endpoint, file = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"), os.environ.get("OTEL_TRACES_FILE")
    if not endpoint and not file:
        return
    attributes = {"service.name": service, "service.namespace": NAMESPACE, "service.instance.id": str(os.getpid())}
    provider = TracerProvider(resource=Resource.create(attributes))
    if endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    if file:
        out = Path(file).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115  (open as long as the process)
        exporter = ConsoleSpanExporter(out=out, formatter=lambda span: span.to_json(indent=None) + "\n")
        provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
