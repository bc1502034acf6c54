"""How many requests are at work at once: who is there whole takes a seat, half a body holds none."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bitloot_ingress import answers

BUSY: Final = answers.problem(503, "Too many requests at once.", retry_after="1")


class Seats:
    """A bounded number of seats."""

    def __init__(self, seats_max: int) -> None:
        self._seats_max = seats_max
        self.taken = 0

    def enter(self) -> bool:
        """Takes a seat. False: there is none."""
        if self.taken >= self._seats_max:
            return False
        self.taken += 1
        return True

    def leave(self) -> None:
        """Gives it back."""
        self.taken -= 1


class Seated:
    """ASGI middleware: a request takes its seat when its body is there, which something before this bounds; 503
    when there is none. `/healthz` needs none.
    """

    def __init__(self, app: ASGIApp, seats: Seats) -> None:
        self._app = app
        self._seats = seats

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == "/healthz":
            await self._app(scope, receive, send)
            return
        whole = await _whole(receive)
        if not self._seats.enter():
            await BUSY(send)
            return
        try:
            await self._app(scope, whole, send)
        finally:
            self._seats.leave()


async def _whole(receive: Receive) -> Receive:
    """Reads the body. Returns what tells it again: its messages, or the refusal that came in its place."""
    came: list[Message | HTTPException] = []
    try:
        came.append(await receive())
        while came[-1].get("more_body"):  # type: ignore[union-attr]
            came.append(await receive())
    except HTTPException as refusal:
        came.append(refusal)
    came.reverse()

    async def again() -> Message:
        message = came.pop() if came else await receive()
        if isinstance(message, HTTPException):
            raise message
        return message

    return again
