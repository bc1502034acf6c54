"""HTTP at the socket, with the bounds that uvicorn's httptools protocol lacks.

Promises: a request's head and its trailers have a size (431), the head a time (408), its body a time (408; its size
is the door's business), connections a number, in all and of one peer (503). No connection outlives its request by
more than the keep-alive time, nor its answer by more than the request's. A trailer is no header. All times are
looked after by one sweep over the connections twice a second, which costs nothing per request.
A plain request to a webhook door is answered here (`visit.py`), without ASGI.

It stands on uvicorn's `HttpToolsProtocol` (0.54): `tests/test_protocol.py` holds what it relies on.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from weakref import WeakSet

import httptools
from bitloot_common.client_address import Networks
from bitloot_common.from_zero import from_zero
from prometheus_client import Counter
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from bitloot_ingress import answers
from bitloot_ingress.door import Door, first_of_each
from bitloot_ingress.front import Front
from bitloot_ingress.peers import Peers
from bitloot_ingress.plain_head import plain_head
from bitloot_ingress.seats import Seats
from bitloot_ingress.visit import Visit

_REFUSED = from_zero(
    Counter("bitloot_http_refused_total", "Connections ended by a bound of the protocol.", ["reason"]),
    ("connections_of_peer", "connections", "not_http", "header_bytes", "header_time", "body_time", "request_time"),
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
    connections_per_peer_max: int
    unlimited_peers: Networks


BAD_REQUEST = answers.problem(400, "This is not HTTP.", connection="close").raw()
TIMED_OUT = answers.problem(408, "The request did not arrive in time.", connection="close").raw()
HEADERS_TOO_LARGE = answers.problem(431, "The request's headers are too large.", connection="close").raw()
FULL = answers.problem(503, "Too many connections.", retry_after="1", connection="close").raw()


class _TooManyHeaders(Exception):
    """Raised through the parser."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. `bounds`, `peers`, and the front's `seats` and `doors` are set by `bounded`."""

    bounds: ClassVar[Bounds]
    peers: ClassVar[Peers]
    seats: ClassVar[Seats]
    doors: ClassVar[Mapping[bytes, Door]] = {}
    _swept: ClassVar[WeakSet[ServerState]] = WeakSet()

    _head_since: float | None = None  # a request's head is being read, or a new connection has said nothing yet
    _head_bytes = 0
    _request_since = 0.0
    _chunk = 0  # bytes of the chunk being parsed
    _ended_in_chunk = False  # a message ended in it
    _begun_late = False  # the head that is being read began behind that
    _idle_since: float | None = None  # the last answer is complete and no request has begun since
    _unsent_since: float | None = None  # an answer is complete, or the end decided, and the client does not read it
    _chunked = False  # a chunked body is being read
    _got_body = False  # of which something came in the last chunk of data

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_since = self.loop.time()
        self._peer = self.client[0] if self.client else ""
        if self.server_state not in self._swept:
            self._swept.add(self.server_state)
            self.loop.call_later(SWEEP_EVERY_S, self._sweep)
        if not self.peers.enter(self._peer):
            self._refuse(FULL, "connections_of_peer")
        elif len(self.connections) > self.bounds.connections_max:
            self._refuse(FULL, "connections")

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._chunk, self._ended_in_chunk, self._begun_late = len(data), False, False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as wish:
            self._without_wish(memoryview(data)[wish.args[0] :])
        except httptools.HttpParserError as error:
            self._refuse_unread(error)
        if self._head_since is not None:
            if not self._begun_late:
                self._count_head(len(data))
        elif self._chunked:
            if self._got_body:
                self._got_body, self._head_bytes = False, 0
            else:
                self._count_head(len(data))

    def _count_head(self, size: int) -> None:
        """Bytes of a head, or of what stands between or behind the chunks of a body."""
        self._head_bytes += size
        if self._head_bytes > self.bounds.header_bytes_max and not self.transport.is_closing():
            self._refuse(HEADERS_TOO_LARGE, "header_bytes")

    def _refuse_unread(self, error: httptools.HttpParserError) -> None:
        if isinstance(error.__context__, _TooManyHeaders):
            self._refuse(HEADERS_TOO_LARGE, "header_bytes")
        else:
            self._refuse(BAD_REQUEST, "not_http")

    def _without_wish(self, rest: memoryview) -> None:
        """Reads on behind the head of a request that wishes for another protocol than ours (`Upgrade: h2c`).

        The parser would take its body for the next request. So, as a proxy does, we hand its head on without the
        wish, to a new parser (the old one may have seen `close`), and its body with it.
        """
        while True:
            parser = self.parser
            head = plain_head(parser.get_method(), self.url, parser.get_http_version(), self.headers)
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            try:
                self.parser.feed_data(head)
            except (httptools.HttpParserUpgrade, httptools.HttpParserError):  # CONNECT is a wish by itself
                self._refuse(BAD_REQUEST, "not_http")
                return
            try:
                self.parser.feed_data(rest)
            except httptools.HttpParserUpgrade as wish:
                rest = rest[wish.args[0] :]
                continue
            except httptools.HttpParserError as error:
                self._refuse_unread(error)
            return

    def on_message_begin(self) -> None:
        self.url, self.headers = b"", []  # the scope: in `_the_long_way`
        self._idle_since = None
        if self._head_since is None:
            self._head_since = self.loop.time()
        self._head_bytes, self._begun_late = 0, self._ended_in_chunk

    def on_header(self, name: bytes, value: bytes) -> None:
        headers = self.headers
        if len(headers) >= HEADERS_MAX:
            raise _TooManyHeaders
        headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            return  # it comes again, `_without_wish`
        self._head_since = None
        self._request_since = self.loop.time()
        if self._head_is_too_large():
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
            or self.flow.write_paused
        ):
            return False
        headers = first_of_each(self.headers)
        length = headers.get(b"content-length", b"")
        if not length.isdigit() or int(length) > door.body_bytes_max or b"expect" in headers:
            return False
        # a Visit has what this class and uvicorn's read of a cycle
        self.cycle = Visit(self, door, headers, keep_alive=parser.should_keep_alive())  # type: ignore[assignment]
        return True

    def _the_long_way(self) -> None:
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        self.expect_100_continue = any(n == b"expect" and v.lower() == b"100-continue" for n, v in headers)
        self.headers.extend(headers)  # the list is the scope's
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """As uvicorn's, but the sweep does what a timer of each request would, which any byte unsets."""
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
        self.peers.leave(self._peer)
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
            self._got_body = True
            super().on_body(body)

    def on_chunk_header(self) -> None:
        # what comes behind the last chunk is no header: a trailer could claim what no proxy has seen
        self.headers = []
        if not self._chunked:
            self._chunked, self._head_bytes = True, 0

    def on_message_complete(self) -> None:
        self._ended_in_chunk = True
        if isinstance(self.cycle, Visit):
            if self.cycle.more_body:
                self.cycle.complete()
        elif self.cycle is not None:
            self._chunked = False
            super().on_message_complete()

    def _refuse(self, answer: bytes, reason: str) -> None:
        _REFUSED.labels(reason).inc()
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(answer)
        self.transport.close()

    def _sweep(self) -> None:
        """Looks at every connection of this server, then again in half a second while there is one."""
        now = self.loop.time()
        if self.connections:  # before the rest: it is the only timer there is
            self.loop.call_later(SWEEP_EVERY_S, self._sweep)
        else:
            self._swept.discard(self.server_state)
        for connection in list(self.connections):
            if isinstance(connection, BoundedProtocol) and not connection._is_unsent(now):
                connection._end_if_too_slow(now)

    def _is_unsent(self, now: float) -> bool:
        """Whether nothing is left to do but to send. A client that does not read is not waited for for ever."""
        is_closing, is_answered = self.transport.is_closing(), self.cycle is None or self.cycle.response_complete
        if not is_closing and not (is_answered and self.transport.get_write_buffer_size()):
            self._unsent_since = None
        elif self._unsent_since is None:
            self._unsent_since = now
        elif now - self._unsent_since > self.bounds.request_timeout_s:
            _REFUSED.labels("request_time").inc()
            self.transport.abort()
        return self._unsent_since is not None

    def _end_if_too_slow(self, now: float) -> None:
        if self.cycle is None or self.cycle.response_complete:
            if self._head_since is not None:
                if now - self._head_since > self.bounds.header_timeout_s:
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
    peers = Peers(bounds.connections_per_peer_max, bounds.unlimited_peers)
    members: dict[str, Any] = {"bounds": bounds, "peers": peers}
    if front is not None:
        members |= {"seats": front.seats, "doors": front.by_target}
    return type("BoundedProtocol", (BoundedProtocol,), members)
