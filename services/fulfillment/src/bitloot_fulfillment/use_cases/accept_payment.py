"""Books what the provider says of a payment, and lets the order draw its conclusions."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from bitloot_common.db import Connection
from bitloot_common.events.fulfillment import NoticeRequested
from bitloot_common.ids import new_id
from bitloot_common.inbox import first_time

from bitloot_fulfillment import metrics
from bitloot_fulfillment.books import Cause, age_s
from bitloot_fulfillment.cashier import Cashier
from bitloot_fulfillment.errors import PaymentUnknown
from bitloot_fulfillment.money import (
    OPEN,
    RANK,
    Payment,
    PaymentPolicy,
    PaymentReport,
    Received,
    advance,
    mismatch,
    owed,
    received,
)
from bitloot_fulfillment.order_machine import ENDED, UNPAID, Fact, Status
from bitloot_fulfillment.progress import learn
from bitloot_fulfillment.store import orders, payments, purchases
from bitloot_fulfillment.store.orders import Order

log = structlog.get_logger(__name__)

CONSUMER = "fulfillment.accept_payment"

_LAST_WORD = frozenset({"finished", "refunded"})


async def accept_payment(cashier: Cashier, report: PaymentReport, cause: Cause, *, may_be_young: bool = False) -> bool:
    """Books `report` once. Returns whether it was news.

    `may_be_young`: a payment that nobody knows may not be committed yet; raises PaymentUnknown then. Otherwise
    it is booked on the order that it names, or shown to admins as money that fits no order.
    """
    async with cashier.books.transaction() as connection:
        if cause.event_id and not await first_time(connection, CONSUMER, cause.event_id):
            return False
        if report.status not in RANK:
            log.warning("payment.status.unknown", payment_id=report.payment_id, status=report.status)
            return False
        known = await payments.find(connection, report.payment_id)
        order_id = await _order_of(connection, known, report)
        order = await orders.lock(connection, order_id) if order_id else None
        if order is None:
            return await _book_stray(connection, known, report)
        if known is None and not report.parent_payment_id and may_be_young:
            raise PaymentUnknown(report.payment_id)
        return await _book(cashier, connection, order, report, cause)


async def _order_of(connection: Connection, known: Payment | None, report: PaymentReport) -> UUID | None:
    """By the payment, else its parent, else its invoice, else the order id in the report."""
    if known and known.order_id:
        return known.order_id
    if report.parent_payment_id:
        parent = await payments.find(connection, report.parent_payment_id)
        if parent and parent.order_id:
            return parent.order_id
    if report.invoice_id:
        invoice = await payments.find_by_invoice(connection, report.invoice_id)
        if invoice and invoice.order_id:
            return invoice.order_id
    try:
        return UUID(report.order_id or "")
    except ValueError:
        return None


async def _book_stray(connection: Connection, known: Payment | None, report: PaymentReport) -> bool:
    """Money that fits no order is kept where admins see it: a payment without an order."""
    before = known or Payment(new_id(), None, report.payment_id, "waiting", invoice_id=report.invoice_id)
    after = advance(before, report)
    if after is None and known:
        return False
    metrics.ALERTS.labels("stray_payment").inc()
    log.error("payment.stray", payment_id=report.payment_id, status=report.status)
    await payments.book(connection, replace(after or before, order_id=None), None)
    return True


async def _book(cashier: Cashier, connection: Connection, order: Order, report: PaymentReport, cause: Cause) -> bool:
    booked = await payments.of_order(connection, order.id)
    known = next((one for one in booked if one.payment_id == report.payment_id), None)
    before = known or Payment(new_id(), order.id, report.payment_id, "waiting", invoice_id=report.invoice_id)
    detail: dict[str, Any] = {"payment_id": report.payment_id, "status": report.status}
    if wrong := mismatch(before, report, order.amount, order.currency):
        why = f"{wrong} is not what the order asked for"
        await cashier.books.alert(connection, order.id, Fact.PAYMENT_PARTIAL, why, cause, detail)
        return False
    after = advance(before, report)
    if after is None:
        return False
    after = replace(after, order_id=order.id)
    ask_in_s = None if after.status in _LAST_WORD else cashier.deadlines.payment(0, _age_s(after))
    await payments.book(connection, after, ask_in_s)
    if known is None or known.status != after.status or known.actually_paid != after.actually_paid:
        paid = {"actually_paid": str(after.actually_paid), "pay_currency": after.pay_currency}
        await cashier.books.note(
            connection, order.id, f"payment.{after.status}", cause, public=True, detail=detail | paid
        )
    everything = [one for one in booked if one.payment_id != after.payment_id] + [after]
    await conclude(cashier, connection, order, everything, cause, refunded=after.status == "refunded")
    return True


def _age_s(payment: Payment) -> float:
    return age_s(payment.created_at) if payment.created_at else 0.0


async def conclude(
    cashier: Cashier,
    connection: Connection,
    order: Order,
    booked: list[Payment],
    cause: Cause,
    *,
    refunded: bool = False,
) -> Order:
    """What the money booked by now means for the locked order."""
    money = received(booked, cashier.policy)
    fact = fact_of(order.status, money, booked, cashier.policy, refunded=refunded)
    detail: dict[str, Any] = {"received_share": f"{money.share:.6f}"}
    if money.problems:
        await cashier.books.alert(
            connection, order.id, fact, "; ".join(money.problems), cause, {"status": order.status}
        )
    after = await learn(cashier.books, connection, order, fact, cause, detail=detail)
    if after.status is Status.PAID and order.status is not Status.PAID:
        await payments.settle(connection, order.id)
    await write_owed(cashier, connection, after, money.share, cause, told=after.status != order.status)
    return after


def fact_of(status: Status, money: Received, booked: list[Payment], policy: PaymentPolicy, *, refunded: bool) -> Fact:
    """The one fact about an order's money that matters now."""
    if money.share >= policy.share_required:
        return Fact.PAYMENT_COMPLETE
    if refunded and (money.share == 0 or status not in UNPAID):
        return Fact.MONEY_RETURNED
    if money.share > 0 or money.problems:
        return Fact.PAYMENT_PARTIAL
    if any(one.status in OPEN for one in booked):
        return Fact.PAYMENT_OPENED
    return Fact.PAYMENT_CLOSED


async def write_owed(
    cashier: Cashier, connection: Connection, order: Order, share: Decimal, cause: Cause, *, told: bool
) -> None:
    """Keeps `refund_due` true; tells the customer when more is owed than before, unless a move has told already."""
    if order.status in UNPAID:
        return  # an underpayment is held until its time is over
    keeps_goods = order.status not in ENDED
    kept = await purchases.share_stored(connection, order) if order.status is Status.PARTLY_FULFILLED else Decimal(1)
    due = owed(share, order.amount, keeps_goods=keeps_goods, policy=cashier.policy, kept=kept)
    before = order.refund_due or Decimal(0)
    if due == before:
        return
    reason = "more was paid than the price" if keeps_goods else "paid, and not delivered"
    if kept < 1:
        reason = "the rest of the codes was paid, and not delivered"
    await orders.owe(connection, order.id, due, reason if due else "returned")
    detail = {"amount": str(due), "currency": order.currency, "reason": reason}
    event = "order.refund_due" if due > before else "order.refund_settled"
    await cashier.books.note(connection, order.id, event, cause, public=True, detail=detail)
    if due > before and not told:
        await cashier.books.tell(connection, order.id, NoticeRequested(order_id=order.id, notice="refund_due"))
