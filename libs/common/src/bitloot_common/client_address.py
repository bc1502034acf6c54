"""Who is at the other end of a connection, seen through the proxies that we trust and no others."""

import ipaddress
import re
from collections.abc import Iterable, MutableMapping, Sequence
from functools import lru_cache
from typing import Any, Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Some proxies write the port too: `198.51.100.7:5555`, `[2001:db8::5]:443`.
_WITH_PORT: Final = re.compile(r"\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+")

_LENGTH_MAX: Final = 64


class Networks:
    """A list of networks as configured: `10.0.0.0/8, 2001:db8::/32`. Raises ValueError for what is none."""

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
        parsed = normal(address)
        return parsed is not None and any(ipaddress.ip_address(parsed) in network for network in self._networks)


class ClientAddress:
    """Reads the client's address from an ASGI scope.

    `X-Forwarded-For` counts only when the connection comes from a trusted proxy, and then from the right: the first
    address that is not itself one. Whatever stands further left, a client may have written. All lines of the header
    count as one list (RFC 9110, 5.3): a proxy may add its own line behind that of the client.
    """

    def __init__(self, trusted_proxies: str) -> None:
        """Raises ValueError when an entry is no network."""
        self._trusted = Networks(trusted_proxies)

    def of(self, scope: MutableMapping[str, Any]) -> str | None:
        """The address; None for a connection without one, and where a trusted proxy names what is no address."""
        return self.at(scope.get("client"), scope["headers"])

    def at(self, client: tuple[str, int] | None, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """As `of`, for where there is no scope."""
        peer = client[0] if client else None
        if peer is None or peer not in self._trusted:
            return peer
        for hop in reversed(_forwarded(headers)):
            address = normal(hop)
            if address is None or address not in self._trusted:
                return address
        return peer


def _forwarded(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    lines = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
    return [hop for hop in (hop.strip() for hop in ",".join(lines).split(",")) if hop]


@lru_cache(maxsize=4096)
def neighbourhood(address: str) -> str:
    """Who is counted together: the address itself, of IPv6 its /64, which is what one host or household is given."""
    found = normal(address) if ":" in address else None
    if found is None or ":" not in found:
        return found or address
    return f"{ipaddress.IPv6Address(int(ipaddress.IPv6Address(found)) >> 64 << 64)}/64"


def normal(text: str) -> str | None:
    """An address in its one spelling, without a port, IPv4 as IPv4; None for what is no address."""
    if len(text) > _LENGTH_MAX:
        return None
    if found := _WITH_PORT.fullmatch(text):
        text = found[1] or found[2]
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(parsed)
