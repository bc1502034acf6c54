"""The checkout's small rules: public status, tokens, payment URIs."""

import json
from decimal import Decimal
from uuid import uuid4

import pytest
from bitloot_ingress.http.models import NewOrder
from bitloot_ingress.payment_uri import payment_uri
from bitloot_ingress.status import PublicStatus, public_status
from bitloot_ingress.tokens import is_token, session_token, token_hash
from bitloot_ingress.use_cases.show_order import masked
from pydantic import ValidationError


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


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a@example.com", "a@example.com"),
        ("A.b+c@EXAMPLE.com", "A.b+c@example.com"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ("a@例え.jp", "a@xn--r8jz45g.jp"),
    ],
)
def test_an_address_is_one_that_every_mail_server_takes(given: str, kept: str) -> None:
    assert NewOrder.model_validate({"email": given, "productId": "demo"}).email == kept


@pytest.mark.parametrize("address", ["josé@example.com", "用户@example.com", "a@" + "ü" * 64 + ".example"])
def test_an_address_that_needs_more_is_refused(address: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        NewOrder.model_validate({"email": address, "productId": "demo"})
    assert refusal.value.errors()[0]["loc"] == ("email",)
    if "@example.com" in address:
        assert "before the @" in refusal.value.errors()[0]["msg"]


@pytest.mark.parametrize("quantity", [True, "1", 1.5, None])
def test_a_quantity_is_a_whole_number(quantity: object) -> None:
    with pytest.raises(ValidationError):
        NewOrder.model_validate_json(
            f'{{"email":"a@example.com","productId":"demo","quantity":{json.dumps(quantity)}}}'
        )
