"""Who is speaking, and how much each may do."""

import time
from collections.abc import Callable, Iterable

from bitloot_common.client_address import ClientAddress, Networks, neighbourhood
from starlette.types import Scope


class Sources:
    """Finds a request's source address, through trusted proxies only."""

    def __init__(self, trusted_proxies: str) -> None:
        self._clients = ClientAddress(trusted_proxies)

    def address(self, scope: Scope) -> str:
        """The address as text; the proxy's own where it names none; `unknown` for a connection without one."""
        return self.address_of(scope.get("client"), scope["headers"])

    def address_of(self, client: tuple[str, int] | None, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """As `address`, for where there is no scope."""
        return self._clients.at(client, headers) or (client[0] if client else "unknown")


class Allowance:
    """A token bucket per source: `per_minute_max`, all at once if need be. Remembers at most `sources_max`.

    A source is an address, of IPv6 the /64: whoever has one has as many addresses as he likes.
    """

    def __init__(
        self,
        per_minute_max: int,
        unlimited: Networks,
        sources_max: int = 50_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._full = float(per_minute_max)
        self._per_s = per_minute_max / 60
        self._unlimited = unlimited
        self._sources_max = sources_max
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def __len__(self) -> int:
        return len(self._left)

    def take(self, source: str) -> bool:
        """Takes one of the source's tokens. False: there is none."""
        name = neighbourhood(source)
        left, now = self._now(name)
        if left < 1 and source not in self._unlimited:
            return False
        if len(self._left) >= self._sources_max and name not in self._left:
            self._left.pop(next(iter(self._left)))  # the oldest; forgetting is in the source's favour
        self._left[name] = (left - 1, now)
        return True

    def spent(self, source: str) -> bool:
        """Whether `take` would say no."""
        if not self._left:
            return False
        name = neighbourhood(source)
        return name in self._left and self._now(name)[0] < 1 and source not in self._unlimited

    def retry_after_s(self) -> int:
        """After how many whole seconds one token is back."""
        return max(1, round(1 / self._per_s))

    def _now(self, name: str) -> tuple[float, float]:
        now = self._clock()
        left, at = self._left.get(name, (self._full, now))
        return min(self._full, max(left, 0.0) + (now - at) * self._per_s), now
