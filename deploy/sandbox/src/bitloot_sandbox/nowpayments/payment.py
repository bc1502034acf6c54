"""A payment as NOWPayments keeps it, and the two shapes in which it is shown."""

from dataclasses import dataclass, field
from typing import Any, Literal

from bitloot_sandbox.clock import iso_ms_z
from bitloot_sandbox.nowpayments.coins import network_of

Status = Literal[
    "waiting",
    "confirming",
    "confirmed",
    "sending",
    "finished",
    "partially_paid",
    "failed",
    "expired",
    "refunded",
    "cancelled",
]
UNPAID: frozenset[str] = frozenset({"waiting", "expired", "failed"})
WAY = ("waiting", "confirming", "confirmed", "sending", "finished")
DAY_S = 86_400
QUOTE_S = 20 * 60


@dataclass
class Payment:
    payment_id: int
    status: str
    pay_address: str
    payin_extra_id: str | None
    price_amount: float
    price_currency: str
    pay_amount: float
    pay_currency: str
    order_id: str | None
    order_description: str | None
    ipn_callback_url: str | None
    purchase_id: str
    created_at: float
    updated_at: float
    is_fixed_rate: bool = False
    is_fee_paid_by_user: bool = False
    actually_paid: float = 0
    invoice_id: int | None = None
    parent_payment_id: int | None = None
    children: list[int] = field(default_factory=list)

    @property
    def outcome_amount(self) -> float:
        return max(0.0, round(self.actually_paid * 0.995 - 0.000083, 8))

    def created_view(self) -> dict[str, Any]:
        """The answer of POST /payment: `payment_id` is a string here, and only here."""
        quote_ends = self.created_at + QUOTE_S
        return {
            "payment_id": str(self.payment_id),
            "payment_status": self.status,
            "pay_address": self.pay_address,
            "price_amount": self.price_amount,
            "price_currency": self.price_currency,
            "pay_amount": self.pay_amount,
            "pay_currency": self.pay_currency,
            "amount_received": None,
            "order_id": self.order_id,
            "order_description": self.order_description,
            "payin_extra_id": self.payin_extra_id,
            "ipn_callback_url": self.ipn_callback_url,
            "customer_email": None,
            "created_at": iso_ms_z(self.created_at),
            "updated_at": iso_ms_z(self.updated_at),
            "purchase_id": self.purchase_id,
            "smart_contract": None,
            "network": network_of(self.pay_currency),
            "network_precision": None,
            "time_limit": None,
            "burning_percent": None,
            "expiration_estimate_date": iso_ms_z(quote_ends),
            "is_fixed_rate": self.is_fixed_rate,
            "is_fee_paid_by_user": self.is_fee_paid_by_user,
            "valid_until": iso_ms_z(quote_ends if self.is_fixed_rate else self.created_at + 7 * DAY_S),
            "type": "crypto2crypto",
            "product": "api",
        } | ({"invoice_id": str(self.invoice_id)} if self.invoice_id else {})

    def asked_view(self) -> dict[str, Any]:
        """The answer of GET /payment/{id}: `payment_id` is a number here."""
        return {
            "payment_id": self.payment_id,
            "invoice_id": self.invoice_id,
            "payment_status": self.status,
            "pay_address": self.pay_address,
            "payin_extra_id": self.payin_extra_id,
            "price_amount": self.price_amount,
            "price_currency": self.price_currency,
            "pay_amount": self.pay_amount,
            "actually_paid": self.actually_paid,
            "pay_currency": self.pay_currency,
            "order_id": self.order_id,
            "order_description": self.order_description,
            "purchase_id": self.purchase_id,
            "outcome_amount": self.outcome_amount,
            "outcome_currency": self.pay_currency,
            "payout_hash": None,
            "payin_hash": None,
            "created_at": iso_ms_z(self.created_at),
            "updated_at": iso_ms_z(self.updated_at),
            "burning_percent": None,
            "type": "crypto2crypto",
            "parent_payment_id": self.parent_payment_id,
            "payment_extra_ids": self.children or None,
        }
