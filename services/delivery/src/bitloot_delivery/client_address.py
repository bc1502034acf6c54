"""Who is at the other end of a connection, seen through the proxies that we trust and no others."""

from ipaddress import ip_address, ip_network

from starlette.requests import Request


class ClientAddress:
    """Reads the client's address. `trusted_proxies`: comma-separated networks, e.g. `10.0.0.0/8`."""

    def __init__(self, trusted_proxies: str) -> None:
        """Raises ValueError when an entry is no network."""
        entries = [entry.strip() for entry in trusted_proxies.split(",") if entry.strip()]
        self._trusted = [ip_network(entry, strict=False) for entry in entries]

    def of(self, request: Request) -> str | None:
        """The nearest address that is no trusted proxy: what a client writes into X-Forwarded-For proves nothing."""
        peer = request.client.host if request.client else None
        forwarded = request.headers.get("x-forwarded-for", "")
        hops = [*(hop.strip() for hop in forwarded.split(",") if hop.strip()), *([peer] if peer else [])]
        while hops:
            nearest = hops.pop()
            if not self._trusts(nearest):
                return nearest[:64] if _is_address(nearest) else None
        return peer

    def _trusts(self, address: str) -> bool:
        return _is_address(address) and any(ip_address(address) in network for network in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
