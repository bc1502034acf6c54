"""Whose address it is, whatever proxies and clients write."""

from typing import Any

import pytest
from bitloot_common.client_address import ClientAddress, Networks, neighbourhood


def a_scope(peer: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return {"client": (peer, 1) if peer else None, "headers": [(b"host", b"x"), *headers]}


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "address"),
    [
        ("", "203.0.113.1", ["198.51.100.7"], "203.0.113.1"),
        ("10.0.0.0/8", "203.0.113.1", ["198.51.100.7"], "203.0.113.1"),
        ("10.0.0.0/8", "10.1.2.3", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.0/8", "10.1.2.3", ["1.2.3.4, 198.51.100.7, 10.9.9.9"], "198.51.100.7"),
        ("10.0.0.0/8", "10.1.2.3", ["1.2.3.4", "198.51.100.7"], "198.51.100.7"),  # HAProxy adds a line of its own
        ("10.0.0.0/8", "10.1.2.3", ["1.2.3.4, 10.8.8.8", "198.51.100.7", "10.9.9.9"], "198.51.100.7"),
        ("10.0.0.0/8", "10.1.2.3", ["10.2.2.2, 10.3.3.3"], "10.1.2.3"),
        ("10.0.0.0/8", "10.1.2.3", ["198.51.100.7:5555"], "198.51.100.7"),  # Azure's application gateway
        ("10.0.0.0/8", "10.1.2.3", ["198.51.100.7, 10.9.9.9:443"], "198.51.100.7"),
        ("10.0.0.0/8", "10.1.2.3", ["[2001:db8::5]:443"], "2001:db8::5"),
        ("10.0.0.0/8", "10.1.2.3", ["2001:DB8:0::5"], "2001:db8::5"),
        ("10.0.0.0/8", "::ffff:10.1.2.3", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("10.0.0.0/8", "10.1.2.3", ["<script>"], None),
        ("10.0.0.0/8", "10.1.2.3", ["198.51.100.7, nonsense"], None),
        ("10.0.0.0/8", "10.1.2.3", ["198.51.100.7:port"], None),
        ("10.0.0.0/8", "10.1.2.3", [""], "10.1.2.3"),
        ("10.0.0.0/8", "10.1.2.3", [], "10.1.2.3"),
        ("::1/128", "::1", ["2001:db8::5"], "2001:db8::5"),
        ("10.0.0.0/8", None, ["198.51.100.7"], None),
    ],
)
def test_only_trusted_proxies_are_believed(
    trusted: str, peer: str | None, forwarded: list[str], address: str | None
) -> None:
    assert ClientAddress(trusted).of(a_scope(peer, *forwarded)) == address


def test_networks() -> None:
    networks = Networks("10.0.0.0/8, 2001:db8::/32 ,192.0.2.1")
    assert "10.200.1.1" in networks
    assert "::ffff:10.0.0.1" in networks
    assert "2001:db8::1" in networks
    assert "192.0.2.1" in networks
    assert "192.0.2.2" not in networks
    assert "unknown" not in networks
    assert not Networks("")


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        ClientAddress("10.0.0.0/8, nonsense")


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("unknown", "unknown"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("not:an:address", "not:an:address"),
    ],
)
def test_who_is_counted_together(address: str, counted_as: str) -> None:
    assert neighbourhood(address) == counted_as
