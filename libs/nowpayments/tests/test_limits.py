"""An answer that drips or never ends is given up, whole call and all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from bitloot_nowpayments import NowPayments
from bitloot_nowpayments.client import ANSWER_BYTES_MAX, Limits
from bitloot_nowpayments.errors import NowPaymentsError, NowPaymentsUnavailable

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"


@asynccontextmanager
async def provider(chunk: bytes, pause_s: float) -> AsyncIterator[tuple[str, list[int]]]:
    """Answers with `chunk` again and again until nobody listens. Yields its URL and what was sent, in bytes."""
    sent = [0]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD)
        try:
            while True:
                writer.write(chunk)
                await writer.drain()
                sent[0] += len(chunk)
                await asyncio.sleep(pause_s)
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", sent
    finally:
        server.close()


@pytest.mark.timeout(30)
async def test_an_answer_that_drips_is_given_up() -> None:
    async with provider(b" ", 0.1) as (url, _), NowPayments(url, "key", Limits(answer_s=0.5)) as nowpayments:
        with pytest.raises(NowPaymentsUnavailable, match="no whole answer"):
            await nowpayments.get_payment("1")


@pytest.mark.timeout(30)
async def test_an_answer_without_an_end_is_not_read_to_it() -> None:
    async with provider(b" " * 65_536, 0) as (url, sent), NowPayments(url, "key", Limits(answer_s=20)) as nowpayments:
        with pytest.raises(NowPaymentsUnavailable):
            await nowpayments.get_payment("1")
        assert sent[0] < 100 * ANSWER_BYTES_MAX


@pytest.mark.parametrize("status", ["503 Service Unavailable", "403 Forbidden", "429 Too Many Requests"])
async def test_a_provider_that_refuses_to_say_how_it_is_is_not_well(status: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, NowPayments(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "key") as nowpayments:
        with pytest.raises(NowPaymentsError):
            await nowpayments.status()
