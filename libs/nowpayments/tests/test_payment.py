"""Both spellings in which NOWPayments tells of a payment."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from bitloot_nowpayments import Payment


def test_as_created() -> None:
    payment = Payment.from_json(
        {
            "payment_id": "5745459419",
            "payment_status": "waiting",
            "pay_address": "3EZ",
            "price_amount": 9.99,
            "price_currency": "eur",
            "pay_amount": 0.000083,
            "pay_currency": "btc",
            "created_at": "2026-01-01T12:00:00.000Z",
            "expiration_estimate_date": "2026-01-01T12:20:00.000Z",
        }
    )
    assert (payment.payment_id, payment.pay_amount) == ("5745459419", Decimal("0.000083"))
    assert payment.expires_at == datetime(2026, 1, 8, 12, tzinfo=UTC)  # the quote's end is not the payment's
    assert payment.actually_paid == 0


def test_as_asked_about() -> None:
    payment = Payment.from_json(
        {
            "payment_id": 5745459420,
            "parent_payment_id": 5745459419,
            "invoice_id": None,
            "payment_status": "finished",
            "actually_paid": "0.00016514",
            "outcome_amount": 1e-7,
            "valid_until": "2026-01-01T12:20:00.000Z",
            "updated_at": 1767268800000,
        }
    )
    assert (payment.payment_id, payment.parent_payment_id) == ("5745459420", "5745459419")
    assert payment.actually_paid == Decimal("0.00016514")
    assert payment.outcome_amount == Decimal("1e-7")
    assert payment.expires_at == datetime(2026, 1, 1, 12, 20, tzinfo=UTC)
    assert payment.updated_at == datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "fields",
    [{}, {"payment_id": "1"}, {"payment_status": "x"}, {"payment_id": 1.0, "payment_status": "x"}, {"payment_id": "a"}],
)
def test_an_answer_without_id_or_status_is_no_payment(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="payment_id or payment_status"):
        Payment.from_json(fields)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "x", None, True, [], {}])
def test_what_is_no_amount_is_none(amount: object) -> None:
    assert Payment.from_json({"payment_id": 1, "payment_status": "x", "pay_amount": amount}).pay_amount is None
