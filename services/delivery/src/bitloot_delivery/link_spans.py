"""Spans of the link's routes, named by the route alone: FastAPI's own would carry the path, and so the token."""

from collections.abc import MutableMapping
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LINK_PATHS: Final = "/d/"
_ACTS: Final = frozenset({"reveal", "fresh", "status"})

_TRACER = trace.get_tracer(__name__)


def carries_token(scope: MutableMapping[str, Any]) -> bool:
    """Whether the request's path holds a link's token."""
    return str(scope.get("path", "")).startswith(LINK_PATHS)


class LinkSpans:
    """ASGI middleware: one server span per request to a link, with method, route and status."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not carries_token(scope):
            await self.app(scope, receive, send)
            return
        act = scope["path"].rpartition("/")[2]
        route = f"/d/{{token}}/{act}" if act in _ACTS else "/d/{token}"
        attributes = {"http.request.method": scope["method"], "http.route": route}
        name = f"{scope['method']} {route}"
        with _TRACER.start_as_current_span(name, kind=SpanKind.SERVER, attributes=attributes) as span:

            async def told(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            await self.app(scope, receive, told)
