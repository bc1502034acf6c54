"""What leaves as a trace has been scrubbed: paths with tokens, exceptions' texts, secret attributes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

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


SPEAK = """
from bitloot_common import telemetry
from opentelemetry import trace
telemetry.configure("delivery")
trace.get_tracer("test").start_span("spoken").end()
"""


def speaker(file: Path, **env: str) -> dict[str, str]:
    """The resource of a process that has made one span."""
    file.unlink(missing_ok=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    subprocess.run([sys.executable, "-c", SPEAK], check=True, env=clean | {"OTEL_TRACES_FILE": str(file), **env})
    attributes: dict[str, str] = json.loads(file.read_text())["resource"]["attributes"]
    return attributes


def test_each_process_is_an_instance_of_its_own(tmp_path: Path) -> None:
    """A pid would not do: it is 1 in every container."""
    one, other = (speaker(tmp_path / "spans") for _ in range(2))
    assert (one["service.namespace"], one["service.name"]) == ("bitloot", "delivery")
    assert UUID(one["service.instance.id"]) != UUID(other["service.instance.id"])


def test_a_deployment_may_name_its_instances(tmp_path: Path) -> None:
    told = speaker(tmp_path / "spans", OTEL_RESOURCE_ATTRIBUTES="service.instance.id=pod-7,cloud.region=eu")
    assert (told["service.instance.id"], told["cloud.region"]) == ("pod-7", "eu")
