"""How amounts are written on the pages."""

from decimal import Decimal

import pytest
from bitloot_admin.pages.render import coins


@pytest.mark.parametrize(
    ("amount", "written"),
    [("100", "100"), ("1E+2", "100"), ("20.0", "20"), ("0.00012300", "0.000123"), ("1E-8", "0.00000001"), ("0", "0")],
)
def test_coins_have_no_exponent_and_no_idle_zeros(amount: str, written: str) -> None:
    assert coins(Decimal(amount)) == written
