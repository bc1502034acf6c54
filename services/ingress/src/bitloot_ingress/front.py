"""What stands in front of FastAPI: the webhook doors by exact path and method, and bounds for the rest."""

from collections.abc import Mapping

from bitloot_common.body_limit import BodyLimit
from starlette.types import ASGIApp, Receive, Scope, Send

from bitloot_ingress import answers
from bitloot_ingress.door import Door

BUSY = answers.problem(503, "Too many requests at once.", retry_after="1")


class Front:
    """The ASGI application that the server runs. `doors` are also opened from the socket, by `enter`."""

    def __init__(self, app: ASGIApp, doors: Mapping[str, Door], *, requests_max: int, body_bytes_max: int) -> None:
        self._app = BodyLimit(app, body_bytes_max, "The body is too large.")  # FastAPI reads whatever comes
        self._doors = doors
        self.by_target = {path.encode(): door for path, door in doors.items()}
        self._requests_max = requests_max
        self._at_work = 0

    def enter(self) -> bool:
        """Counts a request that does not come through `__call__`. False: there are too many at once."""
        if self._at_work >= self._requests_max:
            return False
        self._at_work += 1
        return True

    def leave(self) -> None:
        """Such a request has ended."""
        self._at_work -= 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._at_work >= self._requests_max and scope["path"] != "/healthz":
            await BUSY(send)
            return
        self._at_work += 1
        try:
            door = self._doors.get(scope["path"]) if scope["method"] == "POST" else None
            if door is not None:
                await door(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        finally:
            self._at_work -= 1
