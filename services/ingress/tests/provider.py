"""A NOWPayments that does as it is told, over HTTP."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Answer = tuple[int, str, bytes]


def as_json(status: int, body: Any) -> Answer:
    return status, "application/json", json.dumps(body).encode()


def too_many() -> Answer:
    return 429, "text/html", b"<html><h1>429 Too Many Requests</h1></html>"


@dataclass
class FakeNowPayments:
    """`answers` maps `POST /payment` and the like to what is answered; `asked` is what came, in order."""

    port: int = 0
    asked: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    answers: dict[str, Callable[[dict[str, Any]], Answer]] = field(default_factory=dict)
    delay_s: float = 0.0
    _server: asyncio.Server | None = None
    _next_id: int = 5_000_000_000

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    def reset(self) -> None:
        self.asked.clear()
        self.answers.clear()
        self.delay_s = 0.0

    def count(self, operation: str) -> int:
        return sum(1 for asked, _, _ in self.asked if asked == operation)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                method, target, _ = line.decode().split()
                headers: dict[str, str] = {}
                while (header := await reader.readline()).strip():
                    name, _, value = header.decode().partition(":")
                    headers[name.lower()] = value.strip()
                raw = await reader.readexactly(int(headers.get("content-length", 0)))
                operation = f"{method} {target.split('?')[0]}"
                body = json.loads(raw) if raw else {}
                self.asked.append((operation, body, headers))
                await asyncio.sleep(self.delay_s)
                status, kind, content = self.answers.get(operation, self._default(operation))(body)
                if status == 0:
                    break  # hangs up without an answer
                head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(content)}\r\n\r\n"
                writer.write(head.encode() + content)
        finally:
            writer.close()

    def _default(self, operation: str) -> Callable[[dict[str, Any]], Answer]:
        match operation:
            case "POST /payment":
                return self._created
            case "GET /min-amount":
                return lambda _: as_json(200, {"min_amount": 0.00001, "fiat_equivalent": 0.6})
        return lambda _: as_json(404, {"status": False, "statusCode": 404, "code": "NOT_FOUND"})

    def _created(self, body: dict[str, Any]) -> Answer:
        self._next_id += 1
        return as_json(
            201,
            {
                "payment_id": str(self._next_id),
                "payment_status": "waiting",
                "pay_address": f"3EZ{self._next_id}",
                "payin_extra_id": None,
                "price_amount": body["price_amount"],
                "price_currency": body["price_currency"],
                "pay_amount": 0.00016514,
                "pay_currency": body["pay_currency"],
                "order_id": body["order_id"],
                "purchase_id": "6084744717",
                "network": "btc",
                "created_at": "2026-01-01T12:00:00.000Z",
                "valid_until": "2099-01-08T12:00:00.000Z",
            },
        )
