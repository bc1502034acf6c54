"""`forward.py HOST:PORT` takes TCP connections on HTTP_PORT to whichever replica HOST names at the moment.

A port of the host belongs to one container, so a service that is scaled cannot publish one itself.
"""

import asyncio
import contextlib
import os
import signal
import sys

CONNECT_S_MAX = 3.0
CHUNK_BYTES = 65_536


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until either side is done."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
    writer.close()


async def main(host: str, port: int) -> None:
    """Until SIGTERM."""

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(CONNECT_S_MAX):
                far_reader, far_writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            writer.close()
            return
        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))

    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    server = await asyncio.start_server(forward, "0.0.0.0", int(os.environ["HTTP_PORT"]))  # noqa: S104
    await stopped.wait()
    server.close()


if __name__ == "__main__":
    target, _, number = sys.argv[1].partition(":")
    asyncio.run(main(target, int(number)))
