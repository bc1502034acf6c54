"""How much of a request's body is read, and how a larger one is refused so that its sender learns why."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bitloot_common.problem import problem_response

DRAIN_BYTES_MAX = 1_048_576
DRAIN_S_MAX = 5.0


async def drain(receive: Receive) -> None:
    """Reads and forgets what is still coming, within bounds, before a connection is closed on its sender.

    A close with unread input resets the connection, and the reset may overtake the answer (RFC 9112, 9.6).
    Call it between the answer's last byte and its end.
    """
    left = DRAIN_BYTES_MAX
    try:
        async with asyncio.timeout(DRAIN_S_MAX):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    return
    except TimeoutError:
        return


class BodyLimit:
    """ASGI middleware: 413 for a body of more than `bytes_max`, at once if it is declared so, else when it is."""

    def __init__(self, app: ASGIApp, bytes_max: int, detail: str) -> None:
        self._app = app
        self._bytes_max = bytes_max
        self._detail = detail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._bytes_max:
                raise HTTPException(413, self._detail, {"connection": "close"})
            return message

        async def send_last(message: Message) -> None:
            if received > self._bytes_max and message["type"] == "http.response.body" and not message.get("more_body"):
                await send({**message, "more_body": True})
                await drain(receive)
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not declared.isdigit() or int(declared) > self._bytes_max:
            received = self._bytes_max + 1
            refusal = problem_response(413, self._detail, headers={"connection": "close"})
            await refusal(scope, receive, send_last)
        else:
            await self._app(scope, bounded, send_last)
