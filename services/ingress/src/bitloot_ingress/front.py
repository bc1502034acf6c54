"""What stands in front of FastAPI: the webhook doors by exact path and method, and the bound on requests at work."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from bitloot_ingress import answers

BUSY = answers.problem(503, "Too many requests at once.", retry_after="1")


class Front:
    """The ASGI application that the server runs."""

    def __init__(self, app: ASGIApp, requests_max: int) -> None:
        self._app = app
        self._requests_max = requests_max
        self._at_work = 0
        self.doors: Mapping[str, ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._at_work >= self._requests_max and scope["path"] != "/healthz":
            await BUSY(send)
            return
        self._at_work += 1
        try:
            door = self.doors.get(scope["path"]) if scope["method"] == "POST" else None
            await (door or self._app)(scope, receive, send)
        finally:
            self._at_work -= 1
