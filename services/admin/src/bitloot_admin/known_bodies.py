"""What stands in front of the application: no other kind of body than its routes read."""

from bitloot_common.problem import problem_response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

_API = ("application/json",)
_PAGES = ("application/x-www-form-urlencoded", "multipart/form-data")


class KnownBodies:
    """ASGI middleware: refuses with 415 what no route here reads."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        known = _API if scope["path"].startswith("/admin") else _PAGES
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        if has_body and kind not in known:
            told = problem_response(
                415, f"The body must be {' or '.join(known)}.", headers={"accept": ", ".join(known)}
            )
            await told(scope, receive, send)
            return
        await self._app(scope, receive, send)
