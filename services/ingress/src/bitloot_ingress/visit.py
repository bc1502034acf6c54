"""A visit: one plain request to a webhook door, answered at the socket without a task or ASGI's messages.

Those cost as much as the whole work behind the door (measured). A visit stands in for uvicorn's
`RequestResponseCycle`: the protocol reads of it what it reads of one. What is not plain (chunked, pipelined,
HTTP/1.0, `Expect`, too large, …) goes the long way through ASGI to the same door and gets the same answers.
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import structlog

from bitloot_ingress.answers import Answer
from bitloot_ingress.door import Door
from bitloot_ingress.seats import BUSY

if TYPE_CHECKING:
    from bitloot_ingress.protocol import BoundedProtocol

log = structlog.get_logger(__name__)

_NOBODY_WAITS: Final = asyncio.Event()


class Visit:
    """From the end of its head to its answer. It takes a seat when its body is there, and gives it back."""

    __slots__ = (
        "_door", "_headers", "_parts", "_protocol",
        "disconnected", "keep_alive", "more_body", "response_complete", "response_started",
    )  # fmt: skip
    message_event = _NOBODY_WAITS  # uvicorn sets it

    def __init__(
        self,
        protocol: "BoundedProtocol",
        door: Door,
        headers: Mapping[bytes, bytes],
        *,
        keep_alive: bool,
    ) -> None:
        self._protocol = protocol
        self._door = door
        self._headers = headers
        self._parts: list[bytes] = []
        self.keep_alive = keep_alive
        self.more_body = True
        self.disconnected = self.response_started = self.response_complete = False

    def receive(self, part: bytes) -> None:
        """A part of the body. No more can come than the head declared, and that was checked."""
        self._parts.append(part)

    def complete(self) -> None:
        """The body is there."""
        self.more_body = False
        protocol = self._protocol
        if not protocol.seats.enter():
            self._write(BUSY)
            return
        source = self._door.source(protocol.client, protocol.headers)
        try:
            self._door.take(self._headers, b"".join(self._parts), source, self._answered)
        except Exception as error:  # noqa: BLE001  (as uvicorn does: it must not end the server)
            self._fail(error)

    def gone(self) -> None:
        """The client hung up. What it left incomplete counts as such; else the answer finds nobody."""
        if self.more_body:
            self.more_body = False
            self._door.desk(self._headers)[0].count("gone")

    def _answered(self, answer: Answer) -> None:
        try:
            self._write(answer)
        except Exception as error:  # noqa: BLE001  (whoever flushes calls this, and has others to tell)
            self._fail(error)
        else:
            self._protocol.seats.leave()

    def _write(self, answer: Answer) -> None:
        self.response_started = self.response_complete = True
        protocol = self._protocol
        if not (self.disconnected or protocol.transport.is_closing()):
            protocol.transport.write(answer.on_wire(protocol.server_state.default_headers, close=not self.keep_alive))
            if not self.keep_alive:
                protocol.transport.close()
        protocol.on_response_complete()

    def _fail(self, error: Exception) -> None:
        log.error("webhook.visit.failed", exc_info=error)
        self._protocol.transport.abort()
        self._protocol.seats.leave()
