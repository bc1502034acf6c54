"""A payment was created for an order: it waits for the money now."""

from bitloot_common.events.ingress import PaymentCreated
from bitloot_common.inbox import first_time

from bitloot_fulfillment.books import Cause, age_s
from bitloot_fulfillment.cashier import Cashier
from bitloot_fulfillment.store import orders, payments
from bitloot_fulfillment.use_cases.accept_payment import conclude

CONSUMER = "fulfillment.open_payment"


async def open_payment(cashier: Cashier, created: PaymentCreated, cause: Cause) -> None:
    """Moves the order and has the reconciler ask about the payment from now on."""
    async with cashier.books.transaction() as connection:
        if cause.event_id and not await first_time(connection, CONSUMER, cause.event_id):
            return
        order = await orders.lock(connection, created.order_id)
        if order is None:
            return
        booked = await payments.of_order(connection, order.id)
        for payment in booked:
            if payment.payment_id == created.payment_id and payment.status == "waiting":
                age = age_s(payment.created_at) if payment.created_at else 0.0
                ask_in_s = cashier.deadlines.payment(0, age) or cashier.deadlines.interval_s
                await payments.book(connection, payment, ask_in_s)
        await conclude(cashier, connection, order, booked, cause)
