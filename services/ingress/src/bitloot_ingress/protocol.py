"""HTTP at the socket, with the bounds that uvicorn's httptools protocol lacks.

Promises: a request's head has a size (431) and a time (408), its body a time (408; its size is the door's
business), connections a number (503), and no connection outlives its request by more than the keep-alive time.
All are looked after by one sweep over the connections twice a second, which costs nothing per request.

It stands on uvicorn's `HttpToolsProtocol` (0.54): `tests/test_protocol.py` holds what it relies on.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar
from weakref import WeakSet

import httptools
from prometheus_client import Counter
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from bitloot_ingress import answers

_REFUSED = Counter("bitloot_http_refused_total", "Connections ended by a bound of the protocol.", ["reason"])

SWEEP_EVERY_S = 0.5
HEADERS_MAX = 100


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a connection may take."""

    header_bytes_max: int
    header_timeout_s: float
    body_timeout_s: float
    request_timeout_s: float
    connections_max: int


BAD_REQUEST = answers.problem(400, "This is not HTTP.", connection="close").raw()
TIMED_OUT = answers.problem(408, "The request did not arrive in time.", connection="close").raw()
HEADERS_TOO_LARGE = answers.problem(431, "The request's headers are too large.", connection="close").raw()
FULL = answers.problem(503, "Too many connections.", retry_after="1", connection="close").raw()


class BoundedProtocol(HttpToolsProtocol):
    """One connection. `bounds` is set by `bounded`."""

    bounds: ClassVar[Bounds]
    _swept: ClassVar[WeakSet[ServerState]] = WeakSet()

    _head_since: float | None = None  # a request's head is being read, or a new connection has said nothing yet
    _head_bytes = 0
    _request_since = 0.0
    _chunk = 0  # bytes of the chunk being parsed
    _ended_in_chunk = False  # a message ended in it
    _begun_late = False  # the head that is being read began behind that

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_since = self.loop.time()
        if len(self.connections) > self.bounds.connections_max:
            self._refuse(FULL, "connections")
        elif self.server_state not in self._swept:
            self._swept.add(self.server_state)
            self.loop.call_later(SWEEP_EVERY_S, self._sweep)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        self._chunk, self._ended_in_chunk, self._begun_late = len(data), False, False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # we speak HTTP/1.1 only; the request is answered as it stands
        except httptools.HttpParserError:
            self._refuse(BAD_REQUEST, "not_http")
            return
        if self._head_since is not None and not self._begun_late:
            self._head_bytes += len(data)
            if self._head_bytes > self.bounds.header_bytes_max:
                self._refuse(HEADERS_TOO_LARGE, "header_bytes")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_since is None:
            self._head_since = self.loop.time()
        self._head_bytes, self._begun_late = 0, self._ended_in_chunk

    def on_headers_complete(self) -> None:
        self._head_since = None
        self._request_since = self.loop.time()
        if len(self.headers) > HEADERS_MAX or self._head_is_too_large():
            self._refuse(HEADERS_TOO_LARGE, "header_bytes")
            return
        super().on_headers_complete()

    def _head_is_too_large(self) -> bool:
        if self._head_bytes + self._chunk <= self.bounds.header_bytes_max:
            return False  # not even all that has come is more
        size = len(self.url) + sum([len(name) + len(value) for name, value in self.headers])
        return size > self.bounds.header_bytes_max

    def on_body(self, body: bytes) -> None:
        if self.cycle is not None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._ended_in_chunk = True
        if self.cycle is not None:
            super().on_message_complete()

    def _refuse(self, answer: bytes, reason: str) -> None:
        _REFUSED.labels(reason).inc()
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(answer)
        self.transport.close()

    def _sweep(self) -> None:
        """Looks at every connection of this server, then again in half a second while there is one."""
        now = self.loop.time()
        for connection in list(self.connections):
            if isinstance(connection, BoundedProtocol) and not connection.transport.is_closing():
                connection._end_if_too_slow(now)
        if self.connections:
            self.loop.call_later(SWEEP_EVERY_S, self._sweep)
        else:
            self._swept.discard(self.server_state)

    def _end_if_too_slow(self, now: float) -> None:
        if self.cycle is None or self.cycle.response_complete:
            if self._head_since is not None and now - self._head_since > self.bounds.header_timeout_s:
                self._refuse(TIMED_OUT, "header_time")
        else:
            since = now - self._request_since
            if self.cycle.more_body and since > self.bounds.body_timeout_s:
                self._refuse(TIMED_OUT, "body_time")
            elif since > self.bounds.request_timeout_s:  # a client that does not read its answer
                _REFUSED.labels("request_time").inc()
                self.transport.abort()


def bounded(bounds: Bounds) -> type[asyncio.Protocol]:
    """The protocol class with these bounds, for uvicorn's `http=`."""
    members: dict[str, Any] = {"bounds": bounds}
    return type("BoundedProtocol", (BoundedProtocol,), members)
