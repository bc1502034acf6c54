"""Asks NOWPayments how far a payment is: IPNs get lost, and after an expiry none is sent at all."""

from bitloot_common.retry import Outage
from bitloot_nowpayments import PaymentNotFound

from bitloot_fulfillment import metrics
from bitloot_fulfillment.books import Cause, age_s
from bitloot_fulfillment.cashier import Cashier
from bitloot_fulfillment.money import Payment, received
from bitloot_fulfillment.order_machine import Emission, Fact, emitted
from bitloot_fulfillment.progress import learn
from bitloot_fulfillment.provider_payments import ProviderPayments, of_payment
from bitloot_fulfillment.store import orders, payments
from bitloot_fulfillment.use_cases.accept_payment import accept_payment, write_owed


async def reconcile_payment(cashier: Cashier, provider: ProviderPayments, payment: Payment, cause: Cause) -> str:
    """Books what it says and plans the next question. Returns `news`, `nothing`, `unknown` or `closed`."""
    age = age_s(payment.created_at) if payment.created_at else 0.0
    wait_s = cashier.deadlines.payment(payment.asked_count, age)
    if wait_s is None:
        await _close(cashier, payment, cause)
        return "closed"
    async with cashier.books.transaction() as connection:
        # first, so that a question which fails is not put again at once
        await payments.schedule(connection, payment, wait_s, payment.asked_count + 1)
    try:
        report = of_payment(await provider.get_payment(payment.payment_id))
    except PaymentNotFound:
        return "unknown"
    except Outage:  # says nothing about this payment: the interval does not grow
        async with cashier.books.transaction() as connection:
            wait_s = cashier.deadlines.payment(0, age)
            await payments.schedule(connection, payment, wait_s, payment.asked_count)
        raise
    if not await accept_payment(cashier, report, cause):
        return "nothing"
    metrics.RECONCILED.labels(f"payment_{report.status}").inc()
    return "news"


async def _close(cashier: Cashier, payment: Payment, cause: Cause) -> None:
    """The provider looks at it no more. With the last payment of an order what is underpaid stays underpaid.

    One transaction: a payment that is never asked about again has closed its order, or left it to another.
    """
    async with cashier.books.transaction() as connection:
        order = await orders.lock(connection, payment.order_id) if payment.order_id else None
        await payments.schedule(connection, payment, None, payment.asked_count + 1)
        if order is None:
            return
        booked = await payments.of_order(connection, order.id)
        if any(one.next_ask_at for one in booked):
            return
        money = received(booked, cashier.policy)
        fact = Fact.UNDERPAYMENT_CLOSED if money.anything else Fact.PAYMENT_CLOSED
        told = Emission.NOTICE_REFUND_DUE in emitted(order.status, fact)
        after = await learn(cashier.books, connection, order, fact, cause)
        await write_owed(cashier, connection, after, money, cause, told=told)
