"""Who is speaking: the client's address, through configured proxies only, and how much each may do."""

import ipaddress
import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from starlette.types import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Networks:
    """A list of networks as configured: `10.0.0.0/8, 2001:db8::/32`."""

    def __init__(self, text: str) -> None:
        self._networks: Sequence[Network] = [
            ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()
        ]
        self._contains = lru_cache(maxsize=4096)(self._look)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, address: str) -> bool:
        return bool(self._networks) and self._contains(address)

    def _look(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._networks)


class Sources:
    """Finds a request's source address.

    `X-Forwarded-For` counts only when the connection comes from a trusted proxy, and then from the right: the
    first address that is not itself a trusted proxy. Whatever a client wrote further left is not believed.
    """

    def __init__(self, trusted_proxies: str) -> None:
        self._trusted = Networks(trusted_proxies)

    def address(self, scope: Scope) -> str:
        """The address as text; `unknown` for a connection without one (a Unix socket)."""
        return self.address_of(scope.get("client"), scope["headers"])

    def address_of(self, client: tuple[str, int] | None, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """As `address`, for where there is no scope."""
        peer = client[0] if client else "unknown"
        if not self._trusted or peer not in self._trusted:
            return peer
        for name, value in headers:
            if name == b"x-forwarded-for":
                return self._last_untrusted(value.decode("latin-1"), peer)
        return peer

    def _last_untrusted(self, forwarded: str, peer: str) -> str:
        for part in reversed(forwarded.split(",")):
            address = part.strip()
            if not _is_address(address):
                return peer
            if address not in self._trusted:
                return address
        return peer


@lru_cache(maxsize=4096)
def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class Allowance:
    """A token bucket per source: `per_minute_max`, all at once if need be. Remembers at most `sources_max`."""

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
        left, now = self._now(source)
        if left < 1 and source not in self._unlimited:
            return False
        if len(self._left) >= self._sources_max and source not in self._left:
            self._left.pop(next(iter(self._left)))  # the oldest; forgetting is in the source's favour
        self._left[source] = (left - 1, now)
        return True

    def spent(self, source: str) -> bool:
        """Whether `take` would say no."""
        return source in self._left and self._now(source)[0] < 1 and source not in self._unlimited

    def retry_after_s(self) -> int:
        """After how many whole seconds one token is back."""
        return max(1, round(1 / self._per_s))

    def _now(self, source: str) -> tuple[float, float]:
        now = self._clock()
        left, at = self._left.get(source, (self._full, now))
        return min(self._full, max(left, 0.0) + (now - at) * self._per_s), now
