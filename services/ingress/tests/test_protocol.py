"""The bounds at the socket, against a real uvicorn; also what we rely on in its protocol class."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from bitloot_common.client_address import Networks
from bitloot_ingress.protocol import HEADERS_MAX, Bounds, bounded
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

BOUNDS = Bounds(
    header_bytes_max=2000,
    header_timeout_s=0.5,
    body_timeout_s=0.5,
    request_timeout_s=20.0,
    connections_max=20,
    connections_per_peer_max=1_000,
    unlimited_peers=Networks(""),
)
REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"

Connect = Callable[[], Awaitable["Client"]]


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers the body's length."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message["more_body"]
    text = b"%d" % len(body)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})


@asynccontextmanager
async def serving(bounds: Bounds) -> AsyncIterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            echo, http=bounded(bounds), ws="none", lifespan="off", log_config=None, access_log=False
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve([listener]))
        while not server.started:  # noqa: ASYNC110  (uvicorn tells nobody)
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        await task


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def says(self, data: bytes) -> bytes:
        """Writes `data` and reads until the server has no more to say."""
        self.writer.write(data)
        async with asyncio.timeout(10):
            return await self.reader.read()

    async def answer(self, data: bytes) -> tuple[int, bytes]:
        """Writes `data` and reads one answer."""
        self.writer.write(data)
        async with asyncio.timeout(10):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            return int(head.split()[1]), await self.reader.readexactly(length)


@pytest.fixture(scope="module")
async def port() -> AsyncIterator[int]:
    async with serving(BOUNDS) as port:
        yield port


@pytest.fixture
async def connect(port: int) -> AsyncIterator[Connect]:
    clients: list[Client] = []

    async def new() -> Client:
        clients.append(Client(*await asyncio.open_connection("127.0.0.1", port)))
        return clients[-1]

    yield new
    for client in clients:
        client.writer.close()


async def test_an_honest_client_keeps_its_connection(connect: Connect) -> None:
    client = await connect()
    for _ in range(50):
        assert await client.answer(REQUEST) == (200, b"4")


async def test_many_requests_on_one_connection_are_not_one_large_head(connect: Connect) -> None:
    client = await connect()
    for _ in range(3 * BOUNDS.header_bytes_max // len(REQUEST)):
        assert (await client.answer(REQUEST))[0] == 200
    pipelined = 3 * BOUNDS.header_bytes_max // len(REQUEST)
    client.writer.write(REQUEST * pipelined)
    for _ in range(pipelined):
        assert (await client.answer(b""))[0] == 200


async def test_a_body_may_be_larger_than_a_head(connect: Connect) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n"
    assert await (await connect()).answer(head + b"x" * 60000) == (200, b"60000")


async def test_a_request_in_single_bytes_is_one_too(connect: Connect) -> None:
    client = await connect()
    for number in range(len(REQUEST) - 1):
        client.writer.write(REQUEST[number : number + 1])
        await client.writer.drain()
        await asyncio.sleep(0)
    assert await client.answer(REQUEST[-1:]) == (200, b"4")


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\nX: " + b"a" * 3000,
        b"POST / HTTP/1.1\r\nX: " + b"a" * 3000 + b"\r\n\r\n",
        b"POST /" + b"a" * 3000,
        b"POST / HTTP/1.1\r\n" + b"X: y\r\n" * (HEADERS_MAX + 1) + b"\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 1990 + b"\r\nY: " + b"b" * 1990 + b"\r\n\r\n",
    ],
)
async def test_a_head_has_a_size(connect: Connect, head: bytes) -> None:
    answer = await (await connect()).says(head)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"application/problem+json" in answer


async def test_a_pipelined_head_has_a_size(connect: Connect) -> None:
    client = await connect()
    assert (await client.answer(REQUEST + b"GET / HTTP/1.1\r\nX: "))[0] == 200
    assert (await client.says(b"a" * 3000)).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"POST",
        b"POST / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf",
        REQUEST + b"POST / HTTP/1.1\r\n",
    ],
)
async def test_half_a_request_cannot_hold_the_door(connect: Connect, beginning: bytes) -> None:
    assert b"HTTP/1.1 408 " in await (await connect()).says(beginning)


async def test_a_slow_drip_of_headers_does_not_prolong_it(connect: Connect) -> None:
    client = await connect()

    async def drip() -> None:
        client.writer.write(b"GET / HTTP/1.1\r\n")
        for number in range(1000):
            client.writer.write(b"X%d: y\r\n" % number)
            await client.writer.drain()
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    assert (await client.says(b"")).startswith(b"HTTP/1.1 408 ")
    dripping.cancel()


@pytest.mark.parametrize(
    "nonsense", [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9\r\n\r\n"]
)
async def test_what_is_not_http_is_told_so(connect: Connect, nonsense: bytes) -> None:
    answer = await (await connect()).says(nonsense)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer


async def test_an_upgrade_is_answered_as_a_plain_request(connect: Connect) -> None:
    wish = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert await (await connect()).answer(wish) == (200, b"0")


async def test_connections_are_bounded_and_become_free_again() -> None:
    async with serving(BOUNDS) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(BOUNDS.connections_max)]
        for reader, writer in held[:3]:
            assert (await Client(reader, writer).answer(REQUEST))[0] == 200
        one_more = Client(*await asyncio.open_connection("127.0.0.1", port))
        assert (await one_more.says(b"")).startswith(b"HTTP/1.1 503 ")
        for reader, _ in held[3:]:
            assert b" 408 " in await reader.read()  # the silent ones are ended by the sweep
        again = Client(*await asyncio.open_connection("127.0.0.1", port))
        assert (await again.answer(REQUEST))[0] == 200
        for _, writer in [*held, (None, again.writer)]:
            writer.close()


def test_uvicorn_is_as_we_know_it() -> None:
    """Names that the subclass overrides or reads; a release that renames one must not pass unnoticed."""
    for name in (
        "connection_made",
        "data_received",
        "on_header",
        "on_headers_complete",
        "on_body",
        "on_message_complete",
    ):
        assert callable(getattr(HttpToolsProtocol, name))
    assert "timeout_keep_alive_task" in HttpToolsProtocol.on_response_complete.__code__.co_names
