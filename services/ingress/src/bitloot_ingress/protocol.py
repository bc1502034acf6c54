"""HTTP at the socket, with the bounds that uvicorn's httptools protocol lacks.

Promises: a request's head has a size (431) and a time (408), its body a time (408; its size is the door's
business), connections a number (503), and no connection outlives its request by more than the keep-alive time.
All are looked after by one sweep over the connections twice a second, which costs nothing per request.
A plain request to a webhook door is answered here (`visit.py`), without ASGI.

It stands on uvicorn's `HttpToolsProtocol` (0.54): `tests/test_protocol.py` holds what it relies on.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from weakref import WeakSet

import httptools
from bitloot_common.from_zero import from_zero
from prometheus_client import Counter
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from bitloot_ingress import answers
from bitloot_ingress.door import Door, first_of_each
from bitloot_ingress.front import Front
from bitloot_ingress.visit import Visit

_REFUSED = from_zero(
    Counter("bitloot_http_refused_total", "Connections ended by a bound of the protocol.", ["reason"]),
    ("connections", "not_http", "header_bytes", "header_time", "body_time", "request_time"),
)

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
    """One connection. `bounds`, `front` and its `doors` are set by `bounded`."""

    bounds: ClassVar[Bounds]
    front: ClassVar[Front]
    doors: ClassVar[Mapping[bytes, Door]] = {}
    _swept: ClassVar[WeakSet[ServerState]] = WeakSet()

    _head_since: float | None = None  # a request's head is being read, or a new connection has said nothing yet
    _head_bytes = 0
    _request_since = 0.0
    _chunk = 0  # bytes of the chunk being parsed
    _ended_in_chunk = False  # a message ended in it
    _begun_late = False  # the head that is being read began behind that
    _idle_since: float | None = None  # the last visit ended and nothing has come since

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
        self._idle_since = None
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
        self.url, self.headers, self.expect_100_continue = b"", [], False  # the scope: in `_the_long_way`
        if self._head_since is None:
            self._head_since = self.loop.time()
        self._head_bytes, self._begun_late = 0, self._ended_in_chunk

    def on_headers_complete(self) -> None:
        self._head_since = None
        self._request_since = self.loop.time()
        if len(self.headers) > HEADERS_MAX or self._head_is_too_large():
            self._refuse(HEADERS_TOO_LARGE, "header_bytes")
            return
        door = self.doors.get(self.url)
        if door is None or not self._visit(door):
            self._the_long_way()

    def _visit(self, door: Door) -> bool:
        """Begins a visit, if the request is as plain as the providers' are and its body is not too long."""
        parser = self.parser
        if (
            (self.cycle is not None and not self.cycle.response_complete)
            or parser.get_method() != b"POST"
            or parser.get_http_version() != "1.1"
            or parser.should_upgrade()
            or self.expect_100_continue
            or self.flow.write_paused
        ):
            return False
        headers = first_of_each(self.headers)
        length = headers.get(b"content-length", b"")
        if not length.isdigit() or int(length) > door.body_bytes_max or not self.front.enter():
            return False
        # a Visit has what this class and uvicorn's read of a cycle
        self.cycle = Visit(self, door, headers, self.front.leave, keep_alive=parser.should_keep_alive())  # type: ignore[assignment]
        return True

    def _the_long_way(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)  # the list is the scope's
        super().on_headers_complete()

    def visit_ended(self) -> None:
        """As `on_response_complete`, but the sweep does what a timer of each request would."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._idle_since = self.loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(self.cycle, Visit):
            self.cycle.gone()
        super().connection_lost(exc)

    def _head_is_too_large(self) -> bool:
        if self._head_bytes + self._chunk <= self.bounds.header_bytes_max:
            return False  # not even all that has come is more
        size = len(self.url) + sum([len(name) + len(value) for name, value in self.headers])
        return size > self.bounds.header_bytes_max

    def on_body(self, body: bytes) -> None:
        if isinstance(self.cycle, Visit):
            self.cycle.receive(body)
        elif self.cycle is not None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._ended_in_chunk = True
        if isinstance(self.cycle, Visit):
            if self.cycle.more_body:
                self.cycle.complete()
        elif self.cycle is not None:
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
            elif self._idle_since is not None and now - self._idle_since > self.timeout_keep_alive:
                self.transport.close()
        else:
            since = now - self._request_since
            if self.cycle.more_body and since > self.bounds.body_timeout_s:
                self._refuse(TIMED_OUT, "body_time")
            elif since > self.bounds.request_timeout_s:  # a client that does not read its answer
                _REFUSED.labels("request_time").inc()
                self.transport.abort()


def bounded(bounds: Bounds, front: Front | None = None) -> type[asyncio.Protocol]:
    """The protocol class with these bounds and `front`'s doors, for uvicorn's `http=`."""
    members: dict[str, Any] = {"bounds": bounds}
    if front is not None:
        members |= {"front": front, "doors": front.by_target}
    return type("BoundedProtocol", (BoundedProtocol,), members)
