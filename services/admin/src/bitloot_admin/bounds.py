"""What stands in front of the application: no larger body, and no other kind of body, than its routes read."""

from bitloot_common.problem import problem_response
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES_MAX = 2 * 1024 * 1024  # the largest is an edited message
_TOO_LARGE = f"The body is larger than {BODY_BYTES_MAX // 1024 // 1024} MiB."
_API = ("application/json",)
_PAGES = ("application/x-www-form-urlencoded", "multipart/form-data")


class Bounds:
    """Refuses with 413 before it is read what is too large, and with 415 what no route here reads."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > BODY_BYTES_MAX:
            # the rest of it is not read, so the connection is of no more use
            await problem_response(413, _TOO_LARGE, headers={"connection": "close"})(scope, receive, send)
            return
        known = _API if scope["path"].startswith("/admin") else _PAGES
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        has_body = length != "0" or "transfer-encoding" in headers
        if has_body and kind not in known:
            told = problem_response(
                415, f"The body must be {' or '.join(known)}.", headers={"accept": ", ".join(known)}
            )
            await told(scope, receive, send)
            return
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > BODY_BYTES_MAX:
                raise HTTPException(413, _TOO_LARGE, {"connection": "close"})
            return message

        await self._app(scope, bounded, send)
