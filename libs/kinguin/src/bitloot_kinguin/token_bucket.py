"""A token bucket: calls leave at a bounded rate, and not at all while the provider told us to wait."""

import asyncio
from collections.abc import Callable
from time import monotonic


class TokenBucket:
    """`rate_per_s` calls a second on average, `burst` at once. Fair: callers leave in the order they came."""

    def __init__(self, rate_per_s: float, burst: int, clock: Callable[[], float] = monotonic) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._at = clock()
        self._not_before = 0.0

    def reserve(self) -> float:
        """Takes a token, perhaps a future one. Returns how many seconds to wait for it."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate_per_s)
        self._at = now
        self._tokens -= 1
        return max(0.0, -self._tokens / self._rate_per_s, self._not_before - now)

    def give_back(self) -> None:
        """Returns a token whose caller did not wait for it."""
        self._tokens += 1

    def hold(self, seconds: float) -> None:
        """The provider said `Retry-After`: nobody leaves before."""
        self._not_before = max(self._not_before, self._clock() + seconds)

    async def take(self, wait_s_max: float) -> bool:
        """Waits for a token. False, at once, when that would take longer than `wait_s_max`."""
        wait_s = self.reserve()
        if wait_s > wait_s_max:
            self.give_back()
            return False
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        return True
