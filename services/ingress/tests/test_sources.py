"""Who is speaking, and how much each may do."""

from typing import Any

import pytest
from bitloot_common.client_address import Networks
from bitloot_ingress.sources import Allowance, Sources


def scope(peer: str | None, forwarded: str | None = None) -> dict[str, Any]:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    return {"client": (peer, 1) if peer else None, "headers": headers}


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "address"),
    [
        ("", "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("10.0.0.0/8", "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.0/8", "10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"),
        ("10.0.0.0/8", None, "198.51.100.7", "unknown"),
    ],
)
def test_every_source_has_a_name(trusted: str, peer: str | None, forwarded: str | None, address: str) -> None:
    assert Sources(trusted).address(scope(peer, forwarded)) == address


def test_an_allowance_is_per_source_and_comes_back() -> None:
    now = 1000.0
    allowance = Allowance(3, Networks("127.0.0.0/8"), clock=lambda: now)
    assert [allowance.take("a") for _ in range(4)] == [True, True, True, False]
    assert allowance.spent("a")
    assert not allowance.spent("b")
    assert allowance.take("b")
    now += 20  # one token a third of a minute
    assert not allowance.spent("a")
    assert [allowance.take("a") for _ in range(2)] == [True, False]
    assert all(allowance.take("127.0.0.1") for _ in range(100))


def test_it_remembers_a_bounded_number_of_sources() -> None:
    allowance = Allowance(1, Networks(""), sources_max=10)
    for number in range(100):
        assert allowance.take(str(number))
    assert len(allowance) == 10
    assert not allowance.take("99")


def test_an_ipv6_network_has_one_allowance() -> None:
    allowance = Allowance(2, Networks("2001:db8:1::/48"))
    assert [allowance.take(f"2001:db8::{number:x}:1") for number in range(3)] == [True, True, False]
    assert allowance.spent("2001:db8::ffff:ffff:ffff:ffff")
    assert not allowance.spent("2001:db8:0:1::1")
    assert allowance.take("2001:db8:0:1::1")
    assert all(allowance.take(f"2001:db8:1::{number:x}") for number in range(10))
    assert len(allowance) == 3
