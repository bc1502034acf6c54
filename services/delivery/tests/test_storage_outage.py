"""Object storage that answers 503, or nothing at all: requests wait, nothing is buried, everything arrives."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from bitloot_common.retry import Outage
from bitloot_common.retry.breaker import State
from bitloot_delivery.errors import STORAGE, StorageRefused, StorageUnavailable
from bitloot_delivery.settings import DeliverySettings
from delivery_ladder import Line, apply_topics, at_work
from delivery_shop import Shop, a_code, open_shop
from eventually import eventually

SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>later</Message></Error>"


@dataclass
class Gate:
    """Stands before the real storage on a port of its own; while it is `shut` every request gets this status."""

    storage: tuple[str, int]
    shut: int | None = None
    only: bytes = b""
    port: int = 0
    open_now: set[asyncio.StreamWriter] = field(default_factory=set)

    def answer(self, status: int | None, only: bytes = b"") -> None:
        """From now on; whoever is connected must connect anew. `only`: a connection that begins with this method."""
        self.shut, self.only = status, only
        for writer in self.open_now:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_now.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            if self.shut is not None and head.startswith(self.only):
                await self._refuse(head.lower(), reader, writer, self.shut)
            else:
                there, out = await asyncio.open_connection(*self.storage)
                self.open_now.add(out)
                out.write(head)
                await asyncio.gather(_pipe(reader, out), _pipe(there, writer))
                self.open_now.discard(out)
        writer.close()
        self.open_now.discard(writer)

    @staticmethod
    async def _refuse(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: int) -> None:
        _, _, length = head.partition(b"content-length:")
        if b"100-continue" not in head:
            await reader.readexactly(int(length.split(b"\r\n")[0] or 0) if length else 0)
        body = b"" if head.startswith(b"head ") else SLOW_DOWN
        writer.write(
            b"HTTP/1.1 %d Odd\r\nContent-Type: application/xml\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
            % (status, len(body), body)
        )
        await writer.drain()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while some := await reader.read(65_536):
            writer.write(some)
            await writer.drain()
    writer.close()


@pytest.fixture
async def gate(s3_server: Any) -> AsyncIterator[Gate]:
    parts = urlsplit(s3_server.endpoint_url)
    gate = Gate((parts.hostname or "", parts.port or 0))
    server = await asyncio.start_server(gate.serve, "127.0.0.1", 0)
    gate.port = server.sockets[0].getsockname()[1]
    yield gate
    server.close()
    gate.answer(None)


@pytest.fixture
async def line(
    database: Any, delivery_settings: DeliverySettings, kafka_server: Any, gate: Gate
) -> AsyncIterator[Line]:
    apply_topics(kafka_server.bootstrap_servers)
    endpoint = f"http://127.0.0.1:{gate.port}"
    settings = delivery_settings.model_copy(update={"r2_endpoint": endpoint, "r2_timeout_s": 0.5})
    async with AsyncExitStack() as stack:
        shop = await open_shop(stack, settings, database.url)
        yield await stack.enter_async_context(at_work(shop, kafka_server.bootstrap_servers))


@contextlib.contextmanager
def frozen(own_servers: Any) -> Iterator[None]:
    own_servers.pause("s3")
    try:
        yield
    finally:
        own_servers.resume("s3")


async def ordered(shop: Shop, count: int) -> list[Any]:
    orders = [await shop.order() for _ in range(count)]
    for order_id in orders:
        shop.kinguin.codes[f"res-{order_id}"] = [a_code()]
    return orders


@pytest.mark.parametrize("how", ["503", "frozen"])
@pytest.mark.parametrize("count", [1, 12])
async def test_requests_wait_for_storage_and_none_is_buried(
    line: Line, gate: Gate, own_servers: Any, how: str, count: int
) -> None:
    orders = await ordered(line.shop, count)
    breaker = line.breakers[STORAGE]
    with contextlib.ExitStack() as outage:
        if how == "frozen":
            outage.enter_context(frozen(own_servers))
        else:
            gate.answer(503)
        for order_id in orders:
            # alone it is no evidence: what saves it is the probe, asked before its last attempt would bury it
            await line.request(order_id, last=count == 1)
        await eventually(lambda: breaker.state is not State.CLOSED, "the breaker opens", 60)
        await asyncio.sleep(0.2)
        assert await line.dead_letters() == []
        assert not await line.is_sealed(*orders)
    gate.answer(None)
    await eventually(lambda: line.is_sealed(*orders), "all are stored when storage is back", 60)
    assert breaker.state is State.CLOSED
    assert await line.dead_letters() == []


async def test_a_bucket_that_refuses_writes_only_is_away_too(line: Line, gate: Gate) -> None:
    storage: Any = line.shop.outside.storage
    gate.answer(503, only=b"PUT")
    with pytest.raises(StorageUnavailable):
        await storage.works()
    await storage.check()  # HeadBucket would not have told
    gate.answer(None)
    await storage.works()


async def test_reads_that_meet_503_open_the_breaker_without_any_message(line: Line, gate: Gate) -> None:
    gate.answer(503)
    for _ in range(5):
        with pytest.raises(StorageUnavailable):
            await line.shop.outside.storage.find("orders/1/1.jwe")
    with pytest.raises(Outage):
        await line.shop.outside.storage.find("orders/1/1.jwe")


async def test_a_refusal_of_one_request_is_a_sign_of_life(line: Line, gate: Gate) -> None:
    orders = await ordered(line.shop, 8)
    gate.answer(400)
    for order_id in orders:
        with pytest.raises(StorageRefused):
            await line.shop.outside.storage.find(f"orders/{order_id}/1.jwe")
    assert line.breakers[STORAGE].state is State.CLOSED
