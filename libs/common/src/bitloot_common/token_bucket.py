"""A token bucket: our own rate limit, below the provider's, so that its 429 stays rare."""

import asyncio
import time
from collections.abc import Awaitable, Callable


class TokenBucket:
    """`per_s` tokens a second, `burst` at once. Who comes first is served first."""

    def __init__(
        self,
        per_s: float,
        burst: int = 1,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._interval_s = 1 / per_s
        self._burst = burst
        self._next_at = 0.0

    async def take(self, wait_s_max: float) -> bool:
        """Waits for a token. False, at once, when it would take longer than `wait_s_max` seconds."""
        now = self._clock()
        # the slot of this request; a bucket left alone fills up to `burst`
        slot = max(self._next_at, now - (self._burst - 1) * self._interval_s)
        if slot - now > wait_s_max:
            return False
        self._next_at = slot + self._interval_s
        if slot > now:
            await self._sleep(slot - now)
        return True

    def pause(self, seconds: float) -> None:
        """Nobody gets a token for `seconds`: the provider said that it is too much."""
        self._next_at = max(self._next_at, self._clock() + seconds)
