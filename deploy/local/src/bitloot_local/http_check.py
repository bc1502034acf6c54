"""Is an HTTP service ready? By what it says itself."""

from collections.abc import Awaitable, Callable

import httpx

ANSWER_S_MAX = 3.0


class NotReady(Exception):
    pass


def get_ok(url: str) -> Callable[[], Awaitable[None]]:
    async def ready() -> None:
        async with httpx.AsyncClient(timeout=ANSWER_S_MAX, trust_env=False) as client:
            answer = await client.get(url)
        if answer.status_code != httpx.codes.OK:
            raise NotReady(f"GET {url} is {answer.status_code}: {answer.text[:300]}")

    return ready
