"""Requests to a webhook door over a real socket: answered without ASGI where they are plain, alike where not."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from bitloot_common.client_address import Networks
from bitloot_ingress import visit
from bitloot_ingress.door import Desk, Door
from bitloot_ingress.front import Front
from bitloot_ingress.protocol import Bounds, bounded
from bitloot_ingress.providers.nowpayments import NowPayments
from bitloot_ingress.refusals import Refusals
from bitloot_ingress.sink import Item, Sink, Stored
from bitloot_ingress.sources import Allowance, Sources
from bitloot_ingress.trace import Traces
from eventually import eventually

from .ipns import raw_ipn, signed
from .test_protocol import Client, echo

BOUNDS = Bounds(
    header_bytes_max=4000,
    header_timeout_s=0.5,
    body_timeout_s=0.5,
    request_timeout_s=20.0,
    connections_max=50,
    connections_per_peer_max=1_000,
    unlimited_peers=Networks(""),
)
REQUESTS_MAX = 3
UNSIGNED = b"POST /payments/ipn HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


class Place:
    """A server with one door and a flusher that the test plays."""

    def __init__(self, keep_alive_s: int = 60, bounds: Bounds = BOUNDS) -> None:
        self._keep_alive_s, self._bounds = keep_alive_s, bounds
        secrets: Any = SimpleNamespace(nowpayments_ipn_secret=SECRET, nowpayments_ipn_secret_previous="")
        self.sink = Sink(100)
        self.sink.flusher_up()
        refusals = Refusals(Allowance(1000, Networks("")))
        desk = Desk(NowPayments(secrets), self.sink, refusals, Traces(0.0), Networks(""))
        self.door = Door([desk], body_bytes_max=5000, sources=Sources(""))
        self.front = Front(echo, {"/payments/ipn": self.door}, requests_max=REQUESTS_MAX, body_bytes_max=5000)
        self.port = 0
        self.server: Any = None
        self._clients: list[Client] = []

    async def flush(self) -> None:
        """Stores whatever comes."""
        while True:
            for item in await self.take():
                item.resolve(Stored.FIRST)

    async def take(self) -> list[Item]:
        return await self.sink.take(10, self)

    async def client(self) -> Client:
        self._clients.append(Client(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self._clients[-1]

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Place"]:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
            self.server = uvicorn.Server(
                uvicorn.Config(
                    self.front, http=bounded(self._bounds, self.front), ws="none", lifespan="off", log_config=None,
                    access_log=False, timeout_keep_alive=self._keep_alive_s,
                )
            )  # fmt: skip
            task = asyncio.create_task(self.server._serve([listener]))
            while not self.server.started:  # noqa: ASYNC110  (uvicorn tells nobody)
                await asyncio.sleep(0.01)
            yield self
            for client in self._clients:
                client.writer.close()
            self.server.should_exit = True
            await task


SECRET = "ipn secret of the tests"


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with Place().open() as place:
        yield place


@pytest.fixture
async def flushed(place: Place) -> AsyncIterator[Place]:
    flushing = asyncio.create_task(place.flush())
    yield place
    flushing.cancel()


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The bodies that came without ASGI."""
    seen: list[bytes] = []
    complete = visit.Visit.complete

    def noted(self: visit.Visit) -> None:
        seen.append(b"".join(self._parts))
        complete(self)

    monkeypatch.setattr(visit.Visit, "complete", noted)
    return seen


def request(raw: bytes, *more: str, version: str = "1.1", target: str = "/payments/ipn", sized: bool = True) -> bytes:
    lines = [f"POST {target} HTTP/{version}", "Host: x", f"X-Nowpayments-Sig: {signed(raw)['x-nowpayments-sig']}"]
    lines += [f"Content-Length: {len(raw)}"] * sized + list(more)
    return "\r\n".join([*lines, "", ""]).encode() + raw * sized


def chunked(raw: bytes) -> bytes:
    return request(raw, "Transfer-Encoding: chunked", sized=False) + b"%x\r\n%s\r\n0\r\n\r\n" % (len(raw), raw)


@pytest.mark.parametrize(
    ("make", "is_plain"),
    [
        (request, True),
        (lambda raw: request(raw, "Connection: close"), True),
        (lambda raw: request(raw, version="1.0"), False),
        (lambda raw: request(raw, target="/payments/ipn?a=b"), False),
        (chunked, False),
    ],
)
async def test_every_way_of_asking_gets_the_same_answer(
    flushed: Place, visits: list[bytes], make: Any, is_plain: bool
) -> None:
    raw, forged = raw_ipn(), raw_ipn(order_description="x")
    wrong = make(raw).replace(signed(raw)["x-nowpayments-sig"].encode(), signed(forged)["x-nowpayments-sig"].encode())
    for data, status, content in [(make(raw), 200, b'{"ok":true}'), (wrong, 401, b'"status":401')]:
        answer, body = await (await flushed.client()).answer(data)
        assert answer == status
        assert content in body
    assert visits == [raw, raw] * is_plain


async def test_the_head_of_an_answer(flushed: Place) -> None:
    client = await flushed.client()
    client.writer.write(request(raw_ipn()))
    head = (await client.reader.readuntil(b"\r\n\r\n")).lower()
    assert b"\r\ncontent-type: application/json\r\n" in head
    assert b"\r\ndate: " in head
    assert b"\r\nconnection:" not in head
    last = await (await flushed.client()).says(request(raw_ipn(), "Connection: close"))
    assert last.lower().count(b"\r\nconnection: close\r\n") == 1


async def test_a_body_in_pieces(flushed: Place, visits: list[bytes]) -> None:
    raw = raw_ipn()
    data = request(raw)
    client = await flushed.client()
    for start in range(0, len(data) - 100, 100):
        client.writer.write(data[start : start + 100])
        await client.writer.drain()
        await asyncio.sleep(0)
    assert (await client.answer(data[start + 100 :]))[0] == 200
    assert visits == [raw]


async def test_pipelined_requests_are_answered_in_their_order(place: Place) -> None:
    client = await place.client()
    bodies = [raw_ipn(payment_id=number) for number in range(1, 4)]
    client.writer.write(request(bodies[0]) + UNSIGNED + request(bodies[1]) + request(bodies[2]))
    flushing = asyncio.create_task(place.flush())
    assert [(await client.answer(b""))[0] for _ in range(4)] == [200, 401, 200, 200]
    flushing.cancel()


async def test_one_connection_may_come_again_and_again(flushed: Place, visits: list[bytes]) -> None:
    client = await flushed.client()
    for number in range(1, 30):
        assert (await client.answer(request(raw_ipn(payment_id=number))))[0] == 200
    assert len(visits) == 29


async def test_too_long_a_body_is_not_read(flushed: Place, visits: list[bytes]) -> None:
    answer = await (await flushed.client()).says(request(b"x" * 6000))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert visits == []


async def test_visits_are_bounded_and_their_seats_become_free_again(place: Place) -> None:
    waiting = [await place.client() for _ in range(REQUESTS_MAX)]
    for client in waiting:
        client.writer.write(request(raw_ipn()))
    held: list[Item] = []
    while len(held) < REQUESTS_MAX:
        held += await place.take()
    late = await place.client()
    assert (await late.answer(request(raw_ipn())))[0] == 503
    for item in held:
        item.resolve(Stored.FIRST)
    assert [(await client.answer(b""))[0] for client in waiting] == [200] * REQUESTS_MAX
    flushing = asyncio.create_task(place.flush())
    assert (await late.answer(request(raw_ipn())))[0] == 200
    flushing.cancel()


@pytest.mark.parametrize("hangs_up", [True, False])
async def test_half_a_body_gives_its_seat_back(flushed: Place, hangs_up: bool) -> None:
    half = request(raw_ipn())[:-10]
    for _ in range(2):
        waiting = [await flushed.client() for _ in range(REQUESTS_MAX)]
        for client in waiting:
            client.writer.write(half)
        if hangs_up:
            await asyncio.sleep(0.1)
            for client in waiting:
                client.writer.close()
                await client.writer.wait_closed()
        else:
            for client in waiting:
                assert b" 408 " in await client.says(b"")

    async def answered() -> bool:
        return (await (await flushed.client()).answer(request(raw_ipn())))[0] == 200

    await eventually(answered, "a free seat")
    assert flushed.front.seats.taken == 0


async def test_one_who_hangs_up_before_the_answer_disturbs_nobody(place: Place) -> None:
    gone, there = await place.client(), await place.client()
    gone.writer.write(request(raw_ipn()))
    (item,) = await place.take()
    gone.writer.close()
    await gone.writer.wait_closed()
    there.writer.write(request(raw_ipn()))
    (other,) = await place.take()
    item.resolve(Stored.FIRST)
    other.resolve(Stored.FIRST)
    assert (await there.answer(b""))[0] == 200
    assert place.front.seats.taken == 0


async def test_an_idle_connection_is_ended() -> None:
    async with Place(keep_alive_s=1).open() as place:
        client = await place.client()
        assert (await client.answer(UNSIGNED))[0] == 401
        assert await client.says(b"") == b""


async def test_a_stopping_server_answers_who_waits_and_hangs_up(place: Place) -> None:
    client = await place.client()
    client.writer.write(request(raw_ipn()))
    (item,) = await place.take()
    place.server.should_exit = True
    idle = await place.client()
    assert await idle.says(b"") == b""  # by now it has asked all connections to end
    item.resolve(Stored.FIRST)
    answer = await client.says(b"")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in answer.lower()


def broken(*_: object, **__: object) -> Any:
    raise RuntimeError("a mistake of ours")


async def test_a_check_that_breaks_is_no_match(flushed: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NowPayments, "verify", broken)
    for make in (request, chunked):
        assert (await (await flushed.client()).answer(make(raw_ipn())))[0] == 401
    assert flushed.front.seats.taken == 0


async def test_a_reading_that_breaks_is_kept_as_invalid(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NowPayments, "read", broken)
    client, raw = await place.client(), raw_ipn()
    for body in (raw, raw_ipn(code="KXR7Q-9PLM2")):
        client.writer.write(request(body))
        (item,) = await place.take()
        item.resolve(Stored.FIRST)
        assert (await client.answer(b""))[0] == 200
        assert (item.outcome, item.topic, item.reason) == ("invalid", None, "reading it failed: RuntimeError")
        assert item.external_id.startswith("sha256:")
        assert (item.body == body) == (body is raw)
        assert b"KXR7Q" not in item.body


async def test_a_deep_unsigned_body_is_refused_like_any(flushed: Place) -> None:
    client = await flushed.client()
    for levels in (100, 300, 400, 512):
        body = b'{"a":' * levels + b"1" + b"}" * levels
        head = b"POST /payments/ipn HTTP/1.1\r\nHost: x\r\nX-Nowpayments-Sig: %s\r\n" % (b"00" * 64)
        assert (await client.answer(head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)))[0] == 401
