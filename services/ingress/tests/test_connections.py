"""No connection stays for nothing: whatever a client does or leaves undone, it ends, and others get in meanwhile."""

import asyncio
import dataclasses
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from bitloot_common.client_address import Networks
from bitloot_ingress.protocol import Bounds, bounded
from eventually import eventually

from . import test_protocol
from .ipns import raw_ipn
from .test_protocol import REQUEST, Client
from .test_visit import BOUNDS as DOOR_BOUNDS
from .test_visit import Place, request

BOUNDS = dataclasses.replace(test_protocol.BOUNDS, header_timeout_s=20.0, body_timeout_s=20.0)
FROM_ONE_PEER = 1_500


async def hasty(scope: Any, receive: Any, send: Any) -> None:
    """Answers before it has read the body; `/large` with more than any socket takes at once."""
    body = b"x" * 30_000_000 if scope["path"] == "/large" else b"early"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(bounds: Bounds, keep_alive_s: int = 1) -> AsyncIterator[uvicorn.Server]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            hasty, http=bounded(bounds), ws="none", lifespan="off", log_config=None, access_log=False,
            timeout_keep_alive=keep_alive_s,
        )  # fmt: skip
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve([listener]))
        while not server.started:  # noqa: ASYNC110  (uvicorn tells nobody)
            await asyncio.sleep(0.01)
        server.port = listener.getsockname()[1]  # type: ignore[attr-defined]
        yield server
        server.should_exit = True
        await task


async def client_of(server: Any) -> Client:
    return Client(*await asyncio.open_connection("127.0.0.1", server.port))


@pytest.mark.parametrize("after", [b"\r\n", b"\r\n\r\n", b"\n"])
async def test_an_empty_line_after_a_request_holds_no_connection(after: bytes) -> None:
    async with serving(BOUNDS) as server:
        client = await client_of(server)
        assert await client.answer(REQUEST) == (200, b"early")
        assert await client.says(after) == b""


@pytest.mark.parametrize("after", [b"", b"x"])
async def test_half_a_body_after_the_answer_holds_no_connection(after: bytes) -> None:
    async with serving(BOUNDS) as server:
        client = await client_of(server)
        assert (await client.answer(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"))[0] == 200
        assert await client.says(after) == b""


async def test_a_drip_of_empty_lines_does_not_prolong_it() -> None:
    async with serving(BOUNDS) as server:
        client = await client_of(server)
        assert (await client.answer(REQUEST))[0] == 200
        dripping = asyncio.create_task(drip(client, b"\r\n"))
        assert await client.says(b"") == b""
        dripping.cancel()


async def drip(client: Client, what: bytes) -> None:
    for _ in range(1000):
        client.writer.write(what)
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("ending", [b"", b"Connection: close\r\n"])
async def test_who_does_not_read_his_answer_is_not_kept(ending: bytes) -> None:
    async with serving(dataclasses.replace(BOUNDS, request_timeout_s=1.0)) as server:
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.setblocking(False)
            await asyncio.get_running_loop().sock_connect(deaf, ("127.0.0.1", server.port))  # type: ignore[attr-defined]
            deaf.send(b"GET /large HTTP/1.1\r\nHost: x\r\n%s\r\n" % ending)

            async def there() -> bool:
                return len(server.server_state.connections) == 1

            async def ended() -> bool:
                return not server.server_state.connections

            await eventually(there, "the connection")
            await eventually(ended, "its end", 20)


async def test_who_reads_his_answer_is_kept() -> None:
    async with serving(dataclasses.replace(BOUNDS, request_timeout_s=1.0), keep_alive_s=30) as server:
        client = await client_of(server)
        status, body = await client.answer(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (status, len(body)) == (200, 30_000_000)
        await asyncio.sleep(2.5)  # more sweeps than an unread answer has
        assert (await client.answer(REQUEST))[0] == 200
        client.writer.close()


async def test_one_peer_has_so_many_connections_and_another_its_own() -> None:
    bounds = dataclasses.replace(BOUNDS, connections_per_peer_max=3, connections_max=100)
    async with serving(bounds, keep_alive_s=30) as server:
        held = [await client_of(server) for _ in range(3)]
        assert [(await client.answer(REQUEST))[0] for client in held] == [200] * 3
        assert b" 503 " in await (await client_of(server)).says(b"")
        other = Client(*await asyncio.open_connection("127.0.0.1", server.port, local_addr=("127.0.0.2", 0)))  # type: ignore[attr-defined]
        assert (await other.answer(REQUEST))[0] == 200
        held.pop().writer.close()

        async def let_in() -> bool:
            client = await client_of(server)
            client.writer.write(REQUEST)
            status = int((await client.reader.readline()).split()[1])
            client.writer.close()
            return status == 200

        await eventually(let_in, "room for one more")
        for client in [*held, other]:
            client.writer.close()


async def test_who_is_unlimited_has_as_many_as_there_are() -> None:
    bounds = dataclasses.replace(BOUNDS, connections_per_peer_max=1, unlimited_peers=Networks("127.0.0.0/8"))
    async with serving(bounds) as server:
        clients = [await client_of(server) for _ in range(10)]
        assert [(await client.answer(REQUEST))[0] for client in clients] == [200] * 10
        for client in clients:
            client.writer.close()


async def test_half_requests_of_one_peer_leave_the_door_open_for_another() -> None:
    """1,500 heads with half a body, more than there are seats (3) and connections for one peer."""
    patient = dataclasses.replace(DOOR_BOUNDS, header_timeout_s=60, body_timeout_s=60)
    bounds = dataclasses.replace(patient, connections_max=2_000, connections_per_peer_max=1_000)
    async with Place(bounds=bounds).open() as place:
        flushing = asyncio.create_task(place.flush())
        half = request(raw_ipn())[:-10]
        slow = [await asyncio.open_connection("127.0.0.1", place.port) for _ in range(FROM_ONE_PEER)]
        for _, writer in slow:
            writer.write(half)
        connections = place.server.server_state.connections

        async def only_theirs() -> bool:
            return len(connections) == 1_000

        await eventually(only_theirs, "the rest to be refused")
        for target in ("/payments/ipn", "/elsewhere"):
            other = Client(*await asyncio.open_connection("127.0.0.1", place.port, local_addr=("127.0.0.2", 0)))
            assert (await other.answer(request(raw_ipn(), target=target)))[0] == 200
            other.writer.close()
        assert place.front.seats.taken == 0
        for _, writer in slow:
            writer.close()
        flushing.cancel()
