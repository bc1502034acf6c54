"""Ready-made HTTP answers for the raw doors: the messages are built once, at start."""

from http import HTTPStatus

import orjson
from bitloot_common.body_limit import drain
from starlette.types import Message, Receive, Send


class Answer:
    """One response, sent as often as needed."""

    def __init__(self, status: int, body: bytes, content_type: bytes, **headers: str) -> None:
        self.status = status
        fields = [(b"content-length", b"%d" % len(body))]
        if body:
            fields.append((b"content-type", content_type))
        fields += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self._fields, self._content = fields, body
        self._start: Message = {"type": "http.response.start", "status": status, "headers": fields}
        self._body: Message = {"type": "http.response.body", "body": body}
        self._wire: dict[bool, tuple[object, bytes]] = {}

    async def __call__(self, send: Send) -> None:
        await send(self._start)
        await send(self._body)

    async def before_the_end(self, receive: Receive, send: Send) -> None:
        """Answers a request whose body is still coming."""
        await send(self._start)
        await send({**self._body, "more_body": True})
        await drain(receive)
        await send({"type": "http.response.body", "body": b""})

    def raw(self, *more: tuple[bytes, bytes]) -> bytes:
        """The whole response as it goes over the wire, for where no ASGI has begun; `more` are further headers."""
        phrase = HTTPStatus(self.status).phrase.encode()
        fields = [*more, *self._fields]
        lines = [b"HTTP/1.1 %d %s" % (self.status, phrase), *(b"%s: %s" % field for field in fields)]
        return b"\r\n".join([*lines, b"", self._content])

    def on_wire(self, default_headers: list[tuple[bytes, bytes]], *, close: bool) -> bytes:
        """As `raw`, with the server's own headers: a new list every second, for the date in it."""
        made_for, wire = self._wire.get(close, (None, b""))
        if made_for is not default_headers:
            ending = [(b"connection", b"close")] if close and (b"connection", b"close") not in self._fields else []
            wire = self.raw(*default_headers, *ending)
            self._wire[close] = default_headers, wire
        return wire


def ok(body: bytes) -> Answer:
    """200 with a provider's own body."""
    return Answer(200, body, b"application/json")


def problem(status: int, detail: str, **headers: str) -> Answer:
    """An error as problem+json (RFC 9457)."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return Answer(status, orjson.dumps(body), b"application/problem+json", **headers)
