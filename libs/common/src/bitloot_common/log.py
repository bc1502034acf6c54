"""Logging: one JSON object per line on standard output, scrubbed, with the current trace's ids."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import orjson
import structlog
from opentelemetry import trace

from bitloot_common.scrub import scrub_value
from bitloot_common.settings import LogSettings

# Libraries that print request lines, payloads or headers at DEBUG: never below INFO, whatever LOG_LEVEL says.
_LOUD = (
    "aiobotocore",
    "aiokafka",
    "asyncio",
    "botocore",
    "hpack",
    "httpcore",
    "httpx",
    "mail.log",
    "urllib3",
)


def configure(service: str, settings: LogSettings, stream: TextIO | None = None) -> None:
    """Routes structlog and the standard library's logging through one formatter. Call once, first.

    `stream` is standard output unless given: a command whose output is its answer logs to standard error.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_service(service),
        _add_trace,
    ]
    render: list[structlog.typing.Processor] = [structlog.processors.format_exc_info, _scrub]
    if settings.log_format == "json":
        render.append(structlog.processors.JSONRenderer(serializer=_json))
    else:
        render.append(structlog.dev.ConsoleRenderer())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    logging.captureWarnings(capture=True)  # a library's warning is a line of ours too, not text between the lines
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _LOUD:
        logging.getLogger(name).setLevel(max(logging.INFO, root.level))
    logging.getLogger("httpx").setLevel(max(logging.WARNING, root.level))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True


def _json(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()


def _add_service(service: str) -> structlog.typing.Processor:
    def add(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.setdefault("service", service)
        return event

    return add


def _add_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


def _scrub(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        event[name] = scrub_value(value, name)
    return event
