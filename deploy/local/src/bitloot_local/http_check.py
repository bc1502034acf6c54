"""Is an HTTP service ready? By what it says itself."""

import ssl
from collections.abc import Awaitable, Callable
from typing import Final

import httpx

ANSWER_S_MAX = 3.0
# No certificate is loaded: what is asked is on this machine and plain HTTP, and who waits asks many times a second.
# Left to httpx, reading the system's certificates anew for each question took a third of a warm start.
TRUSTS_NOBODY: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class NotReady(Exception):
    pass


def get_ok(url: str) -> Callable[[], Awaitable[None]]:
    async def ready() -> None:
        async with httpx.AsyncClient(timeout=ANSWER_S_MAX, trust_env=False, verify=TRUSTS_NOBODY) as client:
            answer = await client.get(url)
        if answer.status_code != httpx.codes.OK:
            raise NotReady(f"GET {url} is {answer.status_code}: {answer.text[:300]}")

    return ready
