"""Exported spans, read back: one trace as a tree."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Span:
    """One span as the SDK's console exporter writes it (`ReadableSpan.to_json`)."""

    trace: str
    id: str
    parent: str | None
    name: str
    kind: str
    service: str
    attributes: dict[str, Any]
    links: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        return "error.type" in self.attributes


def read(lines: str) -> list[Span]:
    """All spans of `lines`; the last line may be half-written still."""
    return [_span(json.loads(line)) for line in lines.splitlines(keepends=True) if line.endswith("\n")]


def of_trace(spans: list[Span], trace: str) -> list[Span]:
    return [span for span in spans if span.trace == trace]


def orphans(trace: list[Span]) -> list[Span]:
    """Spans whose parent nobody exported."""
    ids = {span.id for span in trace}
    return [span for span in trace if span.parent is not None and span.parent not in ids]


def drawn(trace: list[Span]) -> str:
    """The trace as an indented tree, for people and for what a failed assertion shows."""
    lines: list[str] = []

    def draw(parent: str | None, depth: int) -> None:
        for span in trace:
            if span.parent == parent:
                failed = f"  !{span.attributes['error.type']}" if span.failed else ""
                lines.append(f"{'  ' * depth}{span.service}: {span.name} [{span.kind}]{failed}")
                draw(span.id, depth + 1)

    draw(None, 0)
    lines += [f"ORPHAN {span.service}: {span.name}" for span in orphans(trace)]
    return "\n".join(lines)


def _span(told: dict[str, Any]) -> Span:
    return Span(
        trace=_hex(told["context"]["trace_id"]),
        id=_hex(told["context"]["span_id"]),
        parent=_hex(told["parent_id"]) if told["parent_id"] else None,
        name=told["name"],
        kind=told["kind"].removeprefix("SpanKind."),
        service=told["resource"]["attributes"]["service.name"],
        attributes=told["attributes"] or {},
        links=[_hex(link["context"]["span_id"]) for link in told["links"]],
    )


def _hex(number: str) -> str:
    return number.removeprefix("0x")
