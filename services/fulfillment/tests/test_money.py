"""What counts as paid: pure rules over payments and reports."""

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from bitloot_fulfillment.money import (
    Payment,
    PaymentPolicy,
    PaymentReport,
    Received,
    advance,
    mismatch,
    owed,
    received,
    takes_back,
)

POLICY = PaymentPolicy()
ASKED = Payment(
    uuid4(), uuid4(), "1", "waiting", price_amount=Decimal("9.99"), price_currency="EUR",
    pay_amount=Decimal("0.002"), pay_currency="btc",
)  # fmt: skip


def report(status: str, paid: str | None = None, **more: object) -> PaymentReport:
    amounts = {"price_amount": Decimal("9.99"), "price_currency": "eur", "pay_currency": "BTC"} | more
    return PaymentReport("1", status, actually_paid=Decimal(paid) if paid else None, **amounts)  # type: ignore[arg-type]


def paid(amount: str, status: str = "finished", **more: object) -> Payment:
    return replace(ASKED, status=status, actually_paid=Decimal(amount), **more)  # type: ignore[arg-type]


def child(amount: str, status: str = "finished", coin: str = "btc") -> Payment:
    return replace(
        paid(amount, status), payment_id="2", parent_payment_id="1", pay_currency=coin, pay_amount=Decimal(amount)
    )


@pytest.mark.parametrize(
    ("amount", "share"),
    [("0.002", "1"), ("0.001", "0.5"), ("0.004", "2"), ("0", "0")],
)
def test_money_is_a_share_of_the_price(amount: str, share: str) -> None:
    assert received([paid(amount)], POLICY).share == Decimal(share)


@pytest.mark.parametrize("status", ["waiting", "confirming", "expired", "failed", "refunded"])
def test_only_money_that_stays_counts(status: str) -> None:
    assert received([paid("0.002", status)], POLICY).share == 0


@pytest.mark.parametrize(("pay_on", "share"), [("finished", 0), ("confirmed", 1)])
def test_confirmed_pays_where_the_shop_says_so(pay_on: str, share: int) -> None:
    policy = PaymentPolicy(pay_on=pay_on)  # type: ignore[arg-type]
    assert received([paid("0.002", "confirmed")], policy).share == share


def test_a_top_up_completes_and_a_child_alone_does_not() -> None:
    assert received([paid("0.001", "partially_paid"), child("0.001")], POLICY).share == 1
    alone = received([ASKED, child("0.002")], POLICY)
    assert (alone.share, alone.aside) == (Decimal(0), Decimal(1))
    assert alone.anything
    assert alone.problems == ["only child payments of 1 have money"]


def test_a_deposit_in_a_wrong_coin_counts_nothing_and_is_told() -> None:
    money = received([paid("0.001", "partially_paid"), child("5", coin="ltc")], POLICY)
    assert money.share == Decimal("0.5")
    assert money.problems == ["wrong coin in payment 2"]
    assert money.unsized


def test_a_child_of_an_unknown_parent_is_money_without_a_size() -> None:
    money = received([child("0.002")], POLICY)
    assert (money.share, money.unsized, money.problems) == (Decimal(0), True, ["unknown parent in payment 2"])


def test_what_a_report_said_of_another_order_pays_nothing_and_stays() -> None:
    money = received([paid("0.002", problem="order_id"), child("0.002")], POLICY)
    assert (money.share, money.aside, money.unsized) == (Decimal(0), Decimal(0), True)
    assert money.problems == ["wrong order_id in payment 1", "wrong order_id in payment 2"]


@pytest.mark.parametrize(
    ("was", "now", "disputed"),
    [
        ("finished", "failed", True),
        ("finished", "cancelled", True),
        ("partially_paid", "failed", True),
        ("partially_paid", "cancelled", False),
        ("finished", "refunded", False),
        ("finished", "expired", False),
        ("confirming", "failed", False),
        ("refunded", "failed", False),
    ],
)
def test_a_payment_that_is_taken_back(was: str, now: str, *, disputed: bool) -> None:
    assert takes_back(paid("0.002", was), report(now, "0.002"), POLICY) is disputed


def test_two_payments_add_up() -> None:
    other = replace(paid("0.002"), payment_id="9")
    assert received([paid("0.002"), other], POLICY).share == 2


@pytest.mark.parametrize(
    ("share", "keeps_goods", "due"),
    [
        ("2", True, "9.99"),
        ("1", True, "0"),
        ("1.05", True, "0"),  # 0.50 is below the least refund
        ("1.5", True, "5.00"),
        ("0.5", True, "0"),
        ("1", False, "9.99"),
        ("0.05", False, "0.50"),
        ("0", False, "0"),
    ],
)
def test_what_is_owed(share: str, keeps_goods: bool, due: str) -> None:
    amount = owed(Received(Decimal(share)), Decimal("9.99"), keeps_goods=keeps_goods, policy=POLICY)
    assert amount == Decimal(due)


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"price_amount": Decimal("0.01")}, "price_amount"),
        ({"price_currency": "usd"}, "price_currency"),
        ({"pay_currency": "ltc"}, "pay_currency"),
        ({"order_id": str(uuid4())}, "order_id"),
        ({"order_id": "A-17"}, "order_id"),
        ({"order_id": str(ASKED.order_id)}, None),
        ({"order_id": str(uuid4()), "parent_payment_id": "1"}, "order_id"),
        ({}, None),
    ],
)
def test_a_report_that_names_another_price_or_coin_is_not_believed(changed: dict[str, object], wrong: str) -> None:
    assert mismatch(ASKED, report("finished", "0.002", **changed), Decimal("9.99"), "EUR") == wrong


def test_a_payment_only_goes_up() -> None:
    finished = advance(ASKED, report("finished", "0.002"))
    assert finished is not None
    for late in ("waiting", "expired", "confirming", "sending", "partially_paid", "finished"):
        assert advance(finished, report(late, "0.002")) is None
    refunded = advance(finished, report("refunded", "0.002"))
    assert refunded is not None
    assert advance(refunded, report("finished", "0.002")) is None


def test_a_repeated_partial_payment_with_more_money_is_news() -> None:
    first = advance(ASKED, report("partially_paid", "0.0005"))
    assert first is not None
    assert advance(first, report("partially_paid", "0.0005")) is None
    second = advance(first, report("partially_paid", "0.001"))
    assert second is not None
    assert second.actually_paid == Decimal("0.001")


def test_money_after_an_expiry_counts() -> None:
    expired = advance(ASKED, report("expired", "0"))
    assert expired is not None
    assert advance(expired, report("finished", "0.002")) is not None


def test_what_was_asked_for_is_never_overwritten() -> None:
    cheap = advance(ASKED, report("finished", "0.0000001", pay_amount=Decimal("0.0000001")))
    assert cheap is not None
    assert cheap.pay_amount == ASKED.pay_amount
    assert received([cheap], POLICY).share < Decimal("0.001")
