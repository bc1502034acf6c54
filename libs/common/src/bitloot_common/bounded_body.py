"""Reading what somebody else sends, without believing that it ends."""

from collections.abc import AsyncIterable


async def read_bounded(chunks: AsyncIterable[bytes], bytes_max: int) -> bytes | None:
    """All of `chunks`; None as soon as they are more than `bytes_max` together."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > bytes_max:
            return None
    return bytes(body)
