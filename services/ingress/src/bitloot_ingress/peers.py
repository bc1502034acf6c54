"""How many connections each peer has."""

from bitloot_common.client_address import Networks, neighbourhood


class Peers:
    """Counts connections per peer address (IPv6: per /64). `unlimited` are the networks without a bound."""

    def __init__(self, per_peer_max: int, unlimited: Networks) -> None:
        self._per_peer_max = per_peer_max
        self._unlimited = unlimited
        self._connections: dict[str, int] = {}

    def enter(self, address: str) -> bool:
        """One more. False: it is one too many, but counted until it leaves all the same. Without an address (a Unix
        socket) nobody is one peer."""
        peer = neighbourhood(address)
        self._connections[peer] = connections = self._connections.get(peer, 0) + 1
        return connections <= self._per_peer_max or not address or address in self._unlimited

    def leave(self, address: str) -> None:
        """One less."""
        peer = neighbourhood(address)
        self._connections[peer] -= 1
        if not self._connections[peer]:
            del self._connections[peer]
