"""Payments as NOWPayments tells of them, in our types."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

# A payment takes deposits for 7 days; at a fixed rate it says its end in `valid_until` (10 or 20 minutes).
LIFE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class NewPayment:
    """What we ask for. `order_description` must be ASCII: the provider's own samples break on other text."""

    order_id: str
    order_description: str
    price_amount: Decimal
    price_currency: str
    pay_currency: str
    ipn_callback_url: str
    is_fixed_rate: bool = False


@dataclass(frozen=True, slots=True)
class MinAmount:
    """The least that can be paid in `currency`; `fiat` is about the same in the asked fiat currency."""

    currency: str
    amount: Decimal
    fiat: Decimal | None


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment. Amounts are in units of the currency beside them; ids are plain digits."""

    payment_id: str
    status: str
    pay_address: str | None
    payin_extra_id: str | None
    price_amount: Decimal | None
    price_currency: str | None
    pay_amount: Decimal | None
    pay_currency: str | None
    actually_paid: Decimal
    outcome_amount: Decimal | None
    outcome_currency: str | None
    order_id: str | None
    invoice_id: str | None
    parent_payment_id: str | None
    purchase_id: str | None
    network: str | None
    created_at: datetime | None
    updated_at: datetime | None
    expires_at: datetime

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Payment":
        """Reads both spellings: created (ids are strings) and asked about (ids are numbers).

        Raises ValueError when there is no id or status.
        """
        payment_id, status = _identifier(fields.get("payment_id")), _text(fields.get("payment_status"))
        if payment_id is None or status is None:
            raise ValueError("no payment_id or payment_status")
        created_at = _moment(fields.get("created_at"))
        return cls(
            payment_id=payment_id,
            status=status,
            pay_address=_text(fields.get("pay_address")),
            payin_extra_id=_text(fields.get("payin_extra_id")),
            price_amount=_amount(fields.get("price_amount")),
            price_currency=_text(fields.get("price_currency")),
            pay_amount=_amount(fields.get("pay_amount")),
            pay_currency=_text(fields.get("pay_currency")),
            actually_paid=_amount(fields.get("actually_paid")) or Decimal(0),
            outcome_amount=_amount(fields.get("outcome_amount")),
            outcome_currency=_text(fields.get("outcome_currency")),
            order_id=_text(fields.get("order_id")),
            invoice_id=_identifier(fields.get("invoice_id")),
            parent_payment_id=_identifier(fields.get("parent_payment_id")),
            purchase_id=_identifier(fields.get("purchase_id")),
            network=_text(fields.get("network")),
            created_at=created_at,
            updated_at=_moment(fields.get("updated_at")),
            expires_at=_moment(fields.get("valid_until")) or (created_at or datetime.now(UTC)) + LIFE,
        )


def amount_of(value: Any) -> Decimal | None:
    """An amount from JSON, number or text; None when it is neither."""
    return _amount(value)


def _amount(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _identifier(value: Any) -> str | None:
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    return text if text.isascii() and text.isdigit() else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _moment(value: Any) -> datetime | None:
    """ISO 8601, or epoch milliseconds, as both occur."""
    if isinstance(value, int) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000, UTC)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
