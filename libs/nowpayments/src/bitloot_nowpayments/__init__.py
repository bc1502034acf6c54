"""The NOWPayments client: create a payment, ask about one. Nothing of the provider's spelling leaves here."""

from bitloot_nowpayments.client import Limits, NowPayments
from bitloot_nowpayments.errors import (
    AmountTooSmall,
    CurrencyUnavailable,
    NowPaymentsBusy,
    NowPaymentsError,
    NowPaymentsRefused,
    NowPaymentsUnavailable,
    PaymentNotFound,
)
from bitloot_nowpayments.payment import MinAmount, NewPayment, Payment

__all__ = [
    "AmountTooSmall",
    "CurrencyUnavailable",
    "Limits",
    "MinAmount",
    "NewPayment",
    "NowPayments",
    "NowPaymentsBusy",
    "NowPaymentsError",
    "NowPaymentsRefused",
    "NowPaymentsUnavailable",
    "Payment",
    "PaymentNotFound",
]
