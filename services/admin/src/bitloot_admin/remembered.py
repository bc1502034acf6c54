"""A value that is read again only when it has become too old, by one reader at a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """Wraps `read`; a value younger than `age_s_max` is given as it is. An error of `read` is the caller's."""

    def __init__(self, read: Callable[[], Awaitable[Value]], *, age_s_max: float) -> None:
        self._read = read
        self._age_s_max = age_s_max
        self._lock = asyncio.Lock()
        self._found: tuple[float, Value] | None = None

    async def get(self) -> Value:
        """The value, read now if need be."""
        if (young := self._young()) is not None:
            return young[0]
        async with self._lock:
            if (young := self._young()) is not None:
                return young[0]
            value = await self._read()
            self._found = (time.monotonic(), value)
            return value

    def _young(self) -> tuple[Value] | None:
        if self._found is None or time.monotonic() - self._found[0] > self._age_s_max:
            return None
        return (self._found[1],)
