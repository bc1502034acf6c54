"""A Kinguin that pages or answers without end."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from bitloot_kinguin import KinguinSettings, KinguinUnavailable, open_kinguin
from bitloot_kinguin.esa_api import KEYS_PAGE, KEYS_PAGES_MAX

ORDER = {"orderId": "PH1", "status": "processing", "totalQty": 5}
FULL_PAGE = [{"id": str(n), "serial": f"code-{n}", "type": "text/plain", "name": "n"} for n in range(KEYS_PAGE)]
HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n"


@asynccontextmanager
async def esa(answer: Callable[[str], bytes | None]) -> AsyncIterator[tuple[KinguinSettings, list[str]]]:
    """ESA as `answer` has it for a request line; None: spaces without end. Yields settings and the request lines."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[0]
        asked.append(line)
        body = answer(line)
        try:
            length = f"content-length: {len(body)}\r\n" if body is not None else ""
            writer.write(f"{HEAD}{length}\r\n".encode() + (body or b""))
            while body is None:
                writer.write(b" " * 1_048_576)
                await writer.drain()
            await writer.drain()
        except ConnectionError:
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield KinguinSettings(kinguin_api="esa", kinguin_base_url=url, kinguin_api_key="key"), asked
    finally:
        server.close()


@pytest.mark.timeout(60)
async def test_pages_that_never_end_are_given_up() -> None:
    def answer(line: str) -> bytes:
        return json.dumps(FULL_PAGE if "/keys" in line else ORDER).encode()

    async with esa(answer) as (settings, asked):
        kinguin = open_kinguin(settings)
        with pytest.raises(KinguinUnavailable, match="more pages"):
            await kinguin.delivered("PH1")
        assert len([line for line in asked if "/keys" in line]) == KEYS_PAGES_MAX
        await kinguin.close()


@pytest.mark.timeout(60)
async def test_an_answer_without_an_end_is_given_up() -> None:
    async with esa(lambda _: None) as (settings, _):
        kinguin = open_kinguin(settings)
        with pytest.raises(KinguinUnavailable, match="endless"):
            await kinguin.get("PH1")
        await kinguin.close()
