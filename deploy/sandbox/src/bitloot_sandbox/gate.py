"""The network between us and the providers: latency, errors, silence, broken connections.

It stands outside the whole application, because only there can a finished answer be swallowed.
"""

import asyncio
import json
import socket
import struct

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bitloot_sandbox.behaviour import Behaving
from bitloot_sandbox.doors import Door
from bitloot_sandbox.faults import CALL_MODES, Fault, FaultBoard
from bitloot_sandbox.refusals import Api, gateway_page, injected_refusal

HANG_MS = 30_000.0
SLOW_MS = 1_000.0


class Gate:
    def __init__(self, app: ASGIApp, doors: list[Door], faults: FaultBoard, behaviour: Behaving) -> None:
        self._app = app
        self._doors = [(door.method, door.pattern(), (door.api, door.operation)) for door in doors]
        self._faults = faults
        self._behaviour = behaviour

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = self._call_of(scope)
        if call is None:
            await self._app(scope, receive, send)
            return
        if latency_ms := self._behaviour().latency_ms:
            receive = await _read_ahead(receive)
            await asyncio.sleep(latency_ms / 1000)
        fault = self._faults.draw(call[0], CALL_MODES, call[1])
        if fault is None:
            await self._app(scope, receive, send)
        else:
            await self._suffer(fault, call[0], scope, receive, send)

    def _call_of(self, scope: Scope) -> tuple[Api, str] | None:
        if scope["type"] != "http":
            return None
        for method, pattern, call in self._doors:
            if method == scope["method"] and pattern.fullmatch(scope["path"]):
                return call
        return None

    async def _suffer(self, fault: Fault, api: Api, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.mode:
            case "error":
                await _answer(send, *_error(fault, api, fault.status or 503, scope))
            case "slow":  # the work is done even if the client has long given up: a gateway's nastiest case
                receive = await _read_ahead(receive)
                await asyncio.sleep(fault.delay_s(SLOW_MS))
                await self._app(scope, receive, send)
            case "slow_answer":  # the work is done at once, so its webhook may well overtake the answer
                answer = await self._finished(scope, receive)
                await asyncio.sleep(fault.delay_s(SLOW_MS))
                for message in answer:
                    await send(message)
            case "timeout":
                await _hang(receive, fault.delay_s(HANG_MS))
                _abort(send)
            case "accept_then_timeout":
                await self._finished(scope, receive)
                await _hang(receive, fault.delay_s(HANG_MS))
                if fault.status:
                    await _answer(send, *_error(fault, api, fault.status, scope))
                else:
                    _abort(send)
            case _:
                await _break_off(await self._finished(scope, receive), send, fault.delay_s(0))

    async def _finished(self, scope: Scope, receive: Receive) -> list[Message]:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        return messages


async def _read_ahead(receive: Receive) -> Receive:
    """Takes the request while the client is still there; what it asked for happens even if it hangs up."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    messages.reverse()

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


def _error(fault: Fault, api: Api, status: int, scope: Scope) -> tuple[int, bytes, str, float | None]:
    """5xx are the gateway's pages; 429 is HTML at NOWPayments, JSON with Retry-After at Kinguin."""
    as_html = fault.body == "html" or (
        fault.body == "auto" and not fault.code and (status >= 500 or (status == 429 and api == "nowpayments"))
    )
    retry_after_s = fault.retry_after_s
    if retry_after_s is None and status == 429 and api != "nowpayments":
        retry_after_s = 1
    if as_html:
        return status, gateway_page(status), "text/html", retry_after_s
    body = injected_refusal(api, status, fault.code).shown_at(scope["method"], scope["path"])
    return status, json.dumps(body).encode(), "application/json", retry_after_s


async def _answer(send: Send, status: int, body: bytes, media_type: str, retry_after_s: float | None) -> None:
    headers = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
    if retry_after_s is not None:
        headers.append((b"retry-after", f"{retry_after_s:g}".encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _hang(receive: Receive, seconds: float) -> None:
    """Says nothing for so long, or until the client has hung up."""

    async def hung_up() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(hung_up(), seconds)
    except TimeoutError:
        return


async def _break_off(answer: list[Message], send: Send, delay_s: float) -> None:
    """Head and half of the body, then a reset."""
    body = b"".join(message.get("body", b"") for message in answer if message["type"] == "http.response.body")
    await send(answer[0])
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    await asyncio.sleep(max(delay_s, 0.01))  # else the half would still be in our own buffer
    _abort(send)


def _abort(send: Send) -> None:
    """Ends the connection with a TCP reset, without another byte."""
    transport: asyncio.Transport | None = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:  # another server than uvicorn: it closes the connection for want of an answer
        return
    if (sock := transport.get_extra_info("socket")) is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
