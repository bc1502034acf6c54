"""NOWPayments as fulfillment needs it, and its answers as payment reports."""

from typing import Protocol

from bitloot_common.events.ingress import NowPaymentsIpn
from bitloot_nowpayments import Payment

from bitloot_fulfillment.money import PaymentReport


class ProviderPayments(Protocol):
    """The one question that the reconciler puts."""

    async def get_payment(self, payment_id: str) -> Payment:
        """How far a payment is. Raises PaymentNotFound and the ladder's classes."""
        ...


def of_ipn(ipn: NowPaymentsIpn) -> PaymentReport:
    """What an IPN says."""
    return PaymentReport(
        payment_id=ipn.payment_id,
        status=ipn.payment_status,
        parent_payment_id=ipn.parent_payment_id,
        invoice_id=ipn.invoice_id,
        order_id=ipn.order_id,
        price_amount=ipn.price_amount,
        price_currency=ipn.price_currency,
        pay_amount=ipn.pay_amount,
        pay_currency=ipn.pay_currency,
        actually_paid=ipn.actually_paid,
    )


def of_payment(payment: Payment) -> PaymentReport:
    """What an answer says."""
    return PaymentReport(
        payment_id=payment.payment_id,
        status=payment.status,
        parent_payment_id=payment.parent_payment_id,
        invoice_id=payment.invoice_id,
        order_id=payment.order_id,
        price_amount=payment.price_amount,
        price_currency=payment.price_currency,
        pay_amount=payment.pay_amount,
        pay_currency=payment.pay_currency,
        actually_paid=payment.actually_paid,
    )
