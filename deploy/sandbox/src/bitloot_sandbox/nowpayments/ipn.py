"""The body of an IPN and its signature, quirks included."""

import hashlib
import hmac
import random
from typing import Any

from bitloot_sandbox.behaviour import Behaviour
from bitloot_sandbox.clock import now_s
from bitloot_sandbox.nowpayments.javascript import stringify
from bitloot_sandbox.nowpayments.payment import Payment


def ipn_fields(payment: Payment, behaviour: Behaviour, chance: random.Random) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "payment_id": payment.payment_id,
        "parent_payment_id": payment.parent_payment_id,
        "invoice_id": payment.invoice_id,
        "payment_status": payment.status,
        "pay_address": payment.pay_address,
        "payin_extra_id": payment.payin_extra_id,
        "price_amount": payment.price_amount,
        "price_currency": payment.price_currency,
        "pay_amount": payment.pay_amount,
        "pay_currency": payment.pay_currency,
        "actually_paid": payment.actually_paid,
        "actually_paid_at_fiat": 0,
        "order_id": payment.order_id,
        "order_description": payment.order_description,
        "purchase_id": payment.purchase_id,
        "outcome_amount": payment.outcome_amount,
        "outcome_currency": payment.pay_currency,
        "fee": _fee(payment, _either(behaviour.ipn_fees_as_strings, chance)),
        "payment_extra_ids": [payment.payment_id] if _either(behaviour.ipn_extra_ids, chance) else None,
    }
    if _either(behaviour.ipn_updated_at, chance):
        fields["updated_at"] = int(now_s() * 1000)
    return fields


def signed_ipn(fields: dict[str, Any], secret: str, *, arrays_as_objects: bool) -> tuple[str, str]:
    """The body as it is sent, and the signature (which may be over the arrays written as objects)."""
    body = stringify(fields)
    message = stringify(fields, arrays_as_objects=True) if arrays_as_objects else body
    digest = hmac.new(secret.strip().encode(), message.encode(), hashlib.sha512)
    return body, digest.hexdigest()


def _fee(payment: Payment, as_strings: bool) -> dict[str, Any]:
    """Real fees are so small that Python would write them with an exponent: 8.3e-05."""
    paid = payment.actually_paid > 0
    deposit, service = (0.000083, round(payment.actually_paid * 0.005, 8)) if paid else (0, 0)
    if as_strings:
        return {
            "currency": payment.pay_currency,
            "depositFee": stringify(deposit),
            "serviceFee": stringify(service),
            "withdrawalFee": "0",
        }
    return {
        "currency": payment.pay_currency,
        "depositFee": deposit,
        "serviceFee": service,
        "withdrawalFee": 0,
    }


def _either(setting: bool | None, chance: random.Random) -> bool:
    return chance.random() < 0.5 if setting is None else setting
