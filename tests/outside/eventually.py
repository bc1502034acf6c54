"""How every test waits: asks until the answer is true, and fails by a deadline with a name for what was not."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")

DEADLINE_S = 60.0


@overload
async def eventually(
    probe: Callable[[], Awaitable[T | None]], what: str = ..., deadline_s: float = ..., pause_s: float = ...
) -> T: ...


@overload
async def eventually(
    probe: Callable[[], T | None], what: str = ..., deadline_s: float = ..., pause_s: float = ...
) -> T: ...


async def eventually(
    probe: Callable[[], Any], what: str = "what was waited for", deadline_s: float = DEADLINE_S, pause_s: float = 0.05
) -> Any:
    """The first true answer of `probe`, a function or coroutine function. AssertionError after `deadline_s`."""
    until = time.monotonic() + deadline_s
    while True:
        found = probe()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < until, f"not within {deadline_s:g} s: {what}"
        await asyncio.sleep(pause_s)
