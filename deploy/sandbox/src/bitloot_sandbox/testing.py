"""The sandbox as a process of its own, and a shop's end for its webhooks: for tests, here and elsewhere."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import orjson
from aiohttp import web

T = TypeVar("T")
POLL_S = 0.01
START_S_MAX = 30.0

SECRETS = {
    "NOWPAYMENTS_API_KEY": "np-api-key",
    "NOWPAYMENTS_IPN_SECRET": "np-ipn-secret",
    "KINGUIN_CLIENT_ID": "client-id",
    "KINGUIN_CLIENT_SECRET": "client-secret",
    "KINGUIN_API_KEY": "esa-api-key",
    "KINGUIN_WEBHOOK_SECRET": "webhook-secret",
}


async def eventually(look: Callable[[], Awaitable[T]], *, within_s: float = 10.0) -> T:
    """Looks until what it sees is true, and answers with it."""
    deadline = time.monotonic() + within_s
    while not (seen := await look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s; last seen: {seen!r}")
        await asyncio.sleep(POLL_S)
    return seen


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    def json(self) -> Any:
        return orjson.loads(self.body)


class Receiver:
    """A real HTTP server that keeps what it gets and answers as it is told."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.status = 200
        self.body = b""
        self.delay_s = 0.0
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._receive)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        assert self._runner
        await self._runner.cleanup()

    def clear(self) -> None:
        self.received.clear()
        self.status, self.body, self.delay_s = 200, b"", 0.0

    def about(self, *parts: str) -> list[Received]:
        """What has come so far with all of these in its body: an id, an event."""
        return [r for r in self.received if all(part.encode() in r.body for part in parts)]

    async def gets(self, *parts: str, count: int = 1, within_s: float = 10.0) -> list[Received]:
        async def enough() -> list[Received]:
            found = self.about(*parts)
            return found if len(found) >= count else []

        return await eventually(enough, within_s=within_s)

    async def _receive(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.path, headers, await request.read()))
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        return web.Response(status=self.status, body=self.body)


class SandboxProcess:
    def __init__(self, data_dir: Path, webhook_url: str) -> None:
        self._data_dir = data_dir
        self._webhook_url = webhook_url
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None
        self.port = free_port()
        self.log = data_dir.with_suffix(".log")  # everything it printed

    async def start(self) -> None:
        env = SECRETS | {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONUNBUFFERED": "1",  # a kill must not hide what was printed
            "HTTP_PORT": str(self.port),
            "SANDBOX_DATA_DIR": str(self._data_dir),
            "KINGUIN_WEBHOOK_URL": self._webhook_url,
        }
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bitloot_sandbox", env=env, stdout=log, stderr=log
            )
        self._session = self._session or aiohttp.ClientSession()
        await eventually(self._is_ready, within_s=START_S_MAX)

    async def kill(self) -> None:
        """kill -9."""
        assert self._process
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> None:
        assert self._process
        assert self._session
        if self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()
        await self._session.close()

    async def _is_ready(self) -> bool:
        try:
            return (await self.call("GET", "/readyz")).status == 200
        except aiohttp.ClientConnectionError:
            return False

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        timeout_s: float = 10.0,
    ) -> Answer:
        """`body`: JSON."""
        data = None if body is None else orjson.dumps(body)
        return await self._send(method, path, data, "application/json", headers or {}, timeout_s)

    async def post_form(self, path: str, form: str) -> Answer:
        return await self._send("POST", path, form.encode(), "application/x-www-form-urlencoded", {}, 10.0)

    async def _send(
        self, method: str, path: str, data: bytes | None, kind: str, headers: dict[str, str], timeout_s: float
    ) -> Answer:
        assert self._session
        async with self._session.request(
            method,
            f"http://127.0.0.1:{self.port}{path}",
            data=data,
            headers={"Content-Type": kind} | headers,
            timeout=aiohttp.ClientTimeout(total=timeout_s),
        ) as answer:
            names = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, names, await answer.read())

    async def control(self, path: str, body: Any, *, expect: int | None = None) -> Any:
        answer = await self.call("POST", f"/control/{path}", body)
        assert answer.status < 300 if expect is None else answer.status == expect, answer
        return answer.json()

    async def settings(self, **changes: Any) -> None:
        await self.control("settings", changes)

    async def fault(self, provider: str, operation: str, mode: str, **more: Any) -> None:
        await self.control("faults", {"provider": provider, "operation": operation, "mode": mode} | more)

    async def ledger(self, order_id: str) -> list[dict[str, Any]]:
        answer = await self.call("GET", f"/control/ledger?orderId={order_id}")
        entries: list[dict[str, Any]] = answer.json()["purchases"]
        return entries

    async def webhooks(self, subject: str) -> list[dict[str, Any]]:
        """Oldest first."""
        answer = await self.call("GET", f"/control/webhooks?subject={subject}")
        found: list[dict[str, Any]] = answer.json()["webhooks"]
        return found[::-1]


class Buyer:
    """What a client of the reservations API does."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self._sandbox = sandbox
        self._token = ""

    async def log_in(self) -> dict[str, Any]:
        form = "grant_type=client_credentials&client_id=client-id&client_secret=client-secret"
        answer = await self._sandbox.post_form("/kinguin/auth/token", form)
        token: dict[str, Any] = answer.json()
        self._token = token["access_token"]
        return token

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        if not self._token:
            await self.log_in()
        headers["Authorization"] = f"Bearer {self._token}"
        return await self._sandbox.call(method, f"/kinguin{path}", body, headers=headers)

    async def reserve(self, order_id: str, *, key: str | None = None, **changes: Any) -> Answer:
        body = {"productId": "kinguin-demo", "quantity": 1, "externalId": order_id} | changes
        headers = {"Idempotency-Key": key} if key else {}
        return await self.call("POST", "/reservations", body, **headers)

    async def give(self, reservation_id: str) -> Answer:
        return await self.call("POST", f"/reservations/{reservation_id}/give")

    async def delivered(self, reservation_id: str) -> Answer:
        return await self.call("GET", f"/reservations/{reservation_id}/delivered")

    async def bought(self, order_id: str, **changes: Any) -> str:
        reservation_id: str = (await self.reserve(order_id, key=order_id, **changes)).json()["id"]
        assert (await self.give(reservation_id)).status == 202
        return reservation_id

    async def all_codes(self, reservation_id: str) -> list[dict[str, Any]]:
        async def complete() -> list[dict[str, Any]]:
            answer = await self.delivered(reservation_id)
            codes: list[dict[str, Any]] = answer.json().get("codes", [])
            return codes if answer.status == 200 and answer.json()["complete"] else []

        return await eventually(complete)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
