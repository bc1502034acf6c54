"""Trailers and wishes for another protocol: neither is a header, a second request, or a way around a bound."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator

import httptools
import pytest
from bitloot_ingress import door, protocol
from bitloot_ingress.protocol import HEADERS_MAX
from bitloot_ingress.sources import Sources

from .ipns import raw_ipn, signed
from .test_visit import BOUNDS, UNSIGNED, Place, request

H2C = (
    "Connection: Upgrade, HTTP2-Settings",
    "Upgrade: h2c",
    "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    patient = dataclasses.replace(BOUNDS, header_timeout_s=20, body_timeout_s=20)
    async with Place(bounds=patient).open() as place:
        flushing = asyncio.create_task(place.flush())
        yield place
        flushing.cancel()


def chunked(raw: bytes, trailers: bytes = b"", *more: str) -> bytes:
    head = request(raw, "Transfer-Encoding: chunked", *more, sized=False)
    return head + b"%x\r\n%s\r\n0\r\n%s\r\n" % (len(raw), raw, trailers)


# ── wishes ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("piece", [1, 7, 100, 100_000])
@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_webhook_of_a_client_that_would_rather_speak_http_2(place: Place, is_chunked: bool, piece: int) -> None:
    raw = raw_ipn()
    data = chunked(raw, b"", *H2C) if is_chunked else request(raw, *H2C)
    client = await place.client()
    for start in range(0, len(data), piece):
        client.writer.write(data[start : start + piece])
        await client.writer.drain()
        await asyncio.sleep(0)
    assert await client.answer(b"") == (200, b'{"ok":true}')
    assert (await client.answer(request(raw_ipn())))[0] == 200, "the connection is as good as ever"


async def test_its_body_is_not_the_next_request(place: Place) -> None:
    hidden = request(raw_ipn())
    client = await place.client()
    client.writer.write(request(hidden, *H2C))  # a signed body that looks like a request
    assert (await client.answer(b""))[0] == 200
    client.writer.write(UNSIGNED)
    assert (await client.answer(b""))[0] == 401, "the next answer is the next request's"


async def test_many_wishes_in_one_piece(place: Place) -> None:
    client = await place.client()
    client.writer.write(request(raw_ipn(), *H2C) * 2 + UNSIGNED + request(raw_ipn(), *H2C) + chunked(raw_ipn()))
    assert [(await client.answer(b""))[0] for _ in range(5)] == [200, 200, 401, 200, 200]


async def test_a_wish_with_an_end(place: Place) -> None:
    answer = await (await place.client()).says(request(raw_ipn(), "Connection: close, upgrade", "Upgrade: h2c"))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in answer.lower()


async def test_the_wish_is_kept_in_the_log(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[bytes, bytes]] = []
    kept = door._kept

    def noted(headers: dict[bytes, bytes]) -> str:
        seen.append(dict(headers))
        return kept(headers)

    monkeypatch.setattr(door, "_kept", noted)
    assert (await (await place.client()).answer(request(raw_ipn(), *H2C)))[0] == 200
    assert (seen[0][b"upgrade"], seen[0][b"connection"].strip()) == (b"h2c", b"HTTP2-Settings")


@pytest.mark.parametrize("head", [b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", b"CONNECT / HTTP/1.1\r\n\r\nabc"])
async def test_no_tunnel_leads_through_here(place: Place, head: bytes) -> None:
    assert (await (await place.client()).says(head)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "wish", [b"X: " + b"a" * 5000, b"X: y\r\n" * HEADERS_MAX + b"X: y", b"X: y\r\n" * (HEADERS_MAX - 2) + b"X: y"]
)
async def test_a_wish_has_a_size_too(place: Place, wish: bytes) -> None:
    head = b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n" + wish + b"\r\n\r\n"
    assert (await (await place.client()).says(head)).startswith(b"HTTP/1.1 431 ")


def test_the_parser_says_where_a_head_ends() -> None:
    head = b"POST / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\n"
    with pytest.raises(httptools.HttpParserUpgrade) as wish:
        httptools.HttpRequestParser(object()).feed_data(head + b"abc")
    assert wish.value.args[0] == len(head)


# ── trailers ───────────────────────────────────────────────────────────────────


async def test_a_trailer_is_no_header(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.door._sources = Sources("127.0.0.0/8")
    sources: list[str] = []
    take = door.Door.take

    def noted(self: door.Door, headers: object, body: bytes, source: str, tell: door.Tell) -> None:
        sources.append(source)
        take(self, headers, body, source, tell)  # type: ignore[arg-type]

    monkeypatch.setattr(door.Door, "take", noted)
    spoof = b"X-Forwarded-For: 203.0.113.9\r\nX-Nowpayments-Sig: 00\r\n"
    for data in (
        chunked(raw_ipn(), spoof),
        chunked(raw_ipn(), spoof, "X-Forwarded-For: 198.51.100.7"),
        request(raw_ipn(), "X-Forwarded-For: 198.51.100.7"),
    ):
        assert (await (await place.client()).answer(data))[0] == 200
    assert sources == ["127.0.0.1", "198.51.100.7", "198.51.100.7"]


async def test_a_signature_in_a_trailer_is_none(place: Place) -> None:
    raw = raw_ipn()
    head = b"POST /payments/ipn HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n" % (
        len(raw),
        raw,
    )
    trailer = b"X-Nowpayments-Sig: %s\r\n\r\n" % signed(raw)["x-nowpayments-sig"].encode()
    assert (await (await place.client()).answer(head + trailer))[0] == 401


@pytest.mark.parametrize("field", [b"X: " + b"a" * 500, b"X: y\r\n" * 10, b"X: " + b"a" * 100 + b"\r\n", b"a"])
async def test_trailers_have_a_size(place: Place, field: bytes) -> None:
    refused = protocol._REFUSED.labels("header_bytes")
    before = refused._value.get()
    client = await place.client()
    client.writer.write(chunked(raw_ipn())[:-2])
    # what is still on its way when the answer comes may reset the connection, and the answer be lost to us
    with contextlib.suppress(ConnectionError):
        for _ in range(2 * BOUNDS.header_bytes_max):
            client.writer.write(field)
            await client.writer.drain()
            await asyncio.sleep(0)
        await client.reader.read()
    assert refused._value.get() == before + 1


async def test_a_chunked_body_in_many_pieces_is_no_large_trailer(place: Place) -> None:
    raw = raw_ipn(order_description="x" * 3000)
    client = await place.client()
    client.writer.write(request(raw, "Transfer-Encoding: chunked", sized=False))
    for start in range(len(raw)):
        for piece in (b"1;an=extension\r\n", raw[start : start + 1], b"\r\n"):
            client.writer.write(piece)
        if start % 10 == 0:
            await client.writer.drain()
            await asyncio.sleep(0)
    assert (await client.answer(b"0\r\nTrailer: kept out\r\n\r\n"))[0] == 200
