"""The checkout's small rules: public status, tokens, payment URIs."""

from decimal import Decimal
from uuid import uuid4

import pytest
from bitloot_ingress.payment_uri import payment_uri
from bitloot_ingress.status import PublicStatus, public_status
from bitloot_ingress.tokens import is_token, session_token, token_hash
from bitloot_ingress.use_cases.show_order import masked


@pytest.mark.parametrize(
    ("order", "payment", "public"),
    [
        ("created", None, PublicStatus.CREATED),
        ("created", "waiting", PublicStatus.WAITING),
        ("awaiting_payment", "waiting", PublicStatus.WAITING),
        ("awaiting_payment", None, PublicStatus.WAITING),
        ("awaiting_payment", "confirmed", PublicStatus.CONFIRMING),
        ("awaiting_payment", "failed", PublicStatus.FAILED),
        ("awaiting_payment", "expired", PublicStatus.EXPIRED),
        ("awaiting_payment", "something new", PublicStatus.WAITING),
        ("underpaid", "partially_paid", PublicStatus.UNDERPAID),
        *((state, "finished", PublicStatus.PAID) for state in "paid reserving reserved given delivered stored".split()),
        ("fulfilled", "finished", PublicStatus.FULFILLED),
        ("cancelled", "finished", PublicStatus.CANCELLED),
        ("refund_due", "finished", PublicStatus.CANCELLED),
        ("refunded", "refunded", PublicStatus.REFUNDED),
        ("expired", "expired", PublicStatus.EXPIRED),
        ("a state of tomorrow", "finished", PublicStatus.PAID),
    ],
)
def test_public_status(order: str, payment: str | None, public: PublicStatus) -> None:
    assert public_status(order, payment) is public


def test_session_tokens() -> None:
    order, other = uuid4(), uuid4()
    token = session_token("secret", order)
    assert token == session_token("secret", order)
    assert token not in (session_token("secret", other), session_token("another", order))
    assert is_token(token, token_hash(token))
    assert not is_token(token, token_hash(session_token("secret", other)))
    assert not is_token("", None)
    assert not is_token(token, None)
    assert not is_token("\udcff", token_hash(token))


def test_payment_uris() -> None:
    amount = Decimal("0.00016514")
    assert payment_uri("btc", "3EZ", amount, None) == "bitcoin:3EZ?amount=0.00016514"
    assert payment_uri("LTC", "M1", Decimal("1E+2"), None) == "litecoin:M1?amount=100"
    assert payment_uri("xrp", "r1", Decimal(5), "77") == "xrp:r1?amount=5&dt=77"
    assert payment_uri("usdttrc20", "T1", amount, None) == "T1"
    assert payment_uri("btc", None, amount, None) is None
    assert payment_uri("btc", "3EZ", None, None) == "3EZ"


def test_masked_addresses() -> None:
    assert masked("someone@example.com") == "s…e@example.com"
    assert masked("ab@example.com") == "a…@example.com"
    assert masked(None) is None
