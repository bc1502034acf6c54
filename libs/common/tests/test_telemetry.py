"""What leaves as a trace has been scrubbed: paths with tokens, exceptions' texts, secret attributes."""

import json

import pytest
from bitloot_common.telemetry import Scrubbing
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue

CODE, TOKEN = "7F3K9-Q2W8X-LM4ZT", "eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiJ4In0.c2lnbmF0dXJl"


def test_no_secret_leaves_in_a_span() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Scrubbing(kept)))
    tracer = provider.get_tracer("test")
    attributes: dict[str, AttributeValue] = {
        "url.path": f"/d/{TOKEN}/reveal",
        "code": CODE,
        "http.route": "/d/{token}",
        "count": 3,
    }
    with (
        pytest.raises(ValueError, match="no"),
        tracer.start_as_current_span(f"GET /d/{TOKEN}", kind=SpanKind.SERVER, attributes=attributes),
    ):
        raise ValueError(f"no such code: {CODE}")
    (span,) = kept.get_finished_spans()
    text = span.to_json()
    assert CODE not in text
    assert TOKEN not in text
    assert span.kind is SpanKind.SERVER
    assert json.loads(text)["attributes"] == {
        "url.path": "/d/[redacted]/reveal",
        "code": "[redacted]",
        "http.route": "/d/{token}",
        "count": 3,
    }
