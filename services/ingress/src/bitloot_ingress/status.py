"""An order's public status: the first shop's set, which people's clients know. Admins see the machine's own."""

from enum import StrEnum


class PublicStatus(StrEnum):
    """What the customer is told."""

    CREATED = "created"
    WAITING = "waiting"
    CONFIRMING = "confirming"
    PAID = "paid"
    UNDERPAID = "underpaid"
    EXPIRED = "expired"
    FAILED = "failed"
    FULFILLED = "fulfilled"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"


_OF_ORDER = {
    "created": PublicStatus.CREATED,
    "underpaid": PublicStatus.UNDERPAID,
    "paid": PublicStatus.PAID,
    "reserving": PublicStatus.PAID,
    "reserved": PublicStatus.PAID,
    "given": PublicStatus.PAID,
    "delivered": PublicStatus.PAID,
    "partly_delivered": PublicStatus.PAID,
    "stored": PublicStatus.PAID,
    "fulfilled": PublicStatus.FULFILLED,
    "partly_fulfilled": PublicStatus.FULFILLED,
    "cancelled": PublicStatus.CANCELLED,
    "refund_due": PublicStatus.CANCELLED,
    "expired": PublicStatus.EXPIRED,
    "refunded": PublicStatus.REFUNDED,
}

# Until money has arrived the newest payment says more than the order.
_OF_PAYMENT = {
    "waiting": PublicStatus.WAITING,
    "confirming": PublicStatus.CONFIRMING,
    "confirmed": PublicStatus.CONFIRMING,
    "sending": PublicStatus.CONFIRMING,
    "finished": PublicStatus.CONFIRMING,
    "partially_paid": PublicStatus.UNDERPAID,
    "failed": PublicStatus.FAILED,
    "expired": PublicStatus.EXPIRED,
    "cancelled": PublicStatus.EXPIRED,
    "refunded": PublicStatus.REFUNDED,
}


def public_status(order_status: str, payment_status: str | None) -> PublicStatus:
    """`order_status` is the machine's, `payment_status` the newest payment's, if there is one."""
    if order_status in ("created", "awaiting_payment") and payment_status is not None:
        return _OF_PAYMENT.get(payment_status, PublicStatus.WAITING)
    # a state that fulfillment has and this table has not lies between the payment and its end
    return _OF_ORDER.get(
        order_status, PublicStatus.WAITING if order_status == "awaiting_payment" else PublicStatus.PAID
    )
