"""What stands in front of FastAPI: the webhook doors by exact path and method, and bounds for the rest."""

from collections.abc import Mapping

from bitloot_common.body_limit import BodyLimit
from starlette.types import ASGIApp, Receive, Scope, Send

from bitloot_ingress.door import Door
from bitloot_ingress.seats import Seated, Seats


class Front:
    """The ASGI application that the server runs. `doors` are also opened from the socket, with `seats`."""

    def __init__(self, app: ASGIApp, doors: Mapping[str, Door], *, requests_max: int, body_bytes_max: int) -> None:
        self.seats = Seats(requests_max)
        # FastAPI reads whatever comes
        self._app = BodyLimit(Seated(app, self.seats), body_bytes_max, "The body is too large.")
        self._doors = doors
        self.by_target = {path.encode(): door for path, door in doors.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = self._doors.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if door is not None:
            await door(scope, receive, send, self.seats)
        else:
            await self._app(scope, receive, send)
