"""Books what the provider says of a payment, and lets the order draw its conclusions."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final
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
    takes_back,
)
from bitloot_fulfillment.order_machine import ENDED, MORE_IS_OWED, UNPAID, Emission, Fact, Status, emitted
from bitloot_fulfillment.progress import NOTICES, learn
from bitloot_fulfillment.store import orders, payments, purchases
from bitloot_fulfillment.store.orders import Order

log = structlog.get_logger(__name__)

CONSUMER = "fulfillment.accept_payment"

LAST_WORD: Final = frozenset({"finished", "refunded"})
"""Nothing follows them, where nothing more is waited for."""


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
    metrics.ALERTS.labels(metrics.STRAY_PAYMENT).inc()
    log.error("payment.stray", payment_id=report.payment_id, status=report.status)
    await payments.book(connection, replace(after or before, order_id=None), None)
    return True


async def _book(cashier: Cashier, connection: Connection, order: Order, report: PaymentReport, cause: Cause) -> bool:
    booked = await payments.of_order(connection, order.id)
    known = next((one for one in booked if one.payment_id == report.payment_id), None)
    before = known or Payment(new_id(), order.id, report.payment_id, "waiting", invoice_id=report.invoice_id)
    detail: dict[str, Any] = {"payment_id": report.payment_id, "status": report.status}
    wrong = mismatch(before, report, order.amount, order.currency)
    if wrong:
        why = f"wrong {wrong} in payment {report.payment_id}"
        await cashier.books.alert(connection, order.id, Fact.PAYMENT_PARTIAL, why, cause, {})
    elif takes_back(before, report, cashier.policy):
        await learn(cashier.books, connection, order, Fact.PAYMENT_DISPUTED, cause, detail=detail)
    after = _judged(before, report, wrong, cashier.policy)
    if after is None:
        return False
    everything = [one for one in booked if one.payment_id != after.payment_id] + [after]
    await payments.book(connection, after, _ask_in_s(cashier, order, after, everything))
    if known is None or known.status != after.status or known.actually_paid != after.actually_paid:
        paid = {"actually_paid": str(after.actually_paid), "pay_currency": after.pay_currency}
        await cashier.books.note(
            connection, order.id, f"payment.{after.status}", cause, public=True, detail=detail | paid
        )
    await conclude(cashier, connection, order, everything, cause, before=received(booked, cashier.policy))
    return True


def _judged(before: Payment, report: PaymentReport, wrong: str | None, policy: PaymentPolicy) -> Payment | None:
    """The payment as it is to be booked; None when there is no news.

    A report that does not fit is booked as what it is, but takes away nothing that a fitting one has brought; a
    fitting one starts from nothing, as the amount of the other was of something else.
    """
    if wrong and not before.problem and before.status in policy.counting and before.actually_paid > 0:
        return None
    if before.problem and not wrong:
        before = replace(before, status="waiting", actually_paid=Decimal(0), problem=None)
    after = advance(before, report)
    return replace(after, order_id=before.order_id, problem=wrong) if after else None


def _ask_in_s(cashier: Cashier, order: Order, payment: Payment, everything: list[Payment]) -> float | None:
    """Seconds until the reconciler asks about `payment`; None for never.

    While the order waits for money each of its payments is asked about to the end of its time, and the last one
    of them closes the order.
    """
    waits = order.status in UNPAID and received(everything, cashier.policy).share < cashier.policy.share_required
    if payment.status in LAST_WORD and not waits:
        return None
    age = age_s(payment.created_at) if payment.created_at else 0.0
    ask_in_s = cashier.deadlines.payment(0, age)
    return cashier.deadlines.interval_s if waits and ask_in_s is None else ask_in_s


async def conclude(
    cashier: Cashier,
    connection: Connection,
    order: Order,
    booked: list[Payment],
    cause: Cause,
    *,
    before: Received | None = None,
) -> Order:
    """What the money booked by now means for the locked order; `before` is what there was until now."""
    money = received(booked, cashier.policy)
    facts = facts_of(order.status, money, before or money, booked, cashier.policy)
    for problem in money.problems:
        await cashier.books.alert(connection, order.id, Fact.PAYMENT_PARTIAL, problem, cause, {})
    detail: dict[str, Any] = {"received_share": f"{money.share:.6f}"}
    after, told = order, False
    for fact in facts:
        told = told or Emission.NOTICE_REFUND_DUE in emitted(after.status, fact)
        after = await learn(cashier.books, connection, after, fact, cause, detail=detail)
    if after.status is Status.PAID and order.status is not Status.PAID:
        await payments.settle(connection, order.id)
    await write_owed(cashier, connection, after, money, cause, told=told)
    return after


def facts_of(
    status: Status, money: Received, before: Received, booked: list[Payment], policy: PaymentPolicy
) -> list[Fact]:
    """What matters now about an order's money, in the order in which it is learnt."""
    if money.share >= policy.share_required:
        return [Fact.PAYMENT_COMPLETE]
    if money.less_than(before):
        if not money.anything:
            return [Fact.MONEY_RETURNED]
        if status not in UNPAID and status not in ENDED:  # it is no longer paid, and the rest must go back as well
            return [Fact.MONEY_RETURNED, Fact.PAYMENT_PARTIAL]
    if money.anything:
        return [Fact.PAYMENT_PARTIAL]
    if any(one.status in OPEN for one in booked):
        return [Fact.PAYMENT_OPENED]
    return [Fact.PAYMENT_CLOSED]


async def write_owed(
    cashier: Cashier, connection: Connection, order: Order, money: Received, cause: Cause, *, told: bool
) -> None:
    """Keeps `refund_due` true, and tells the customer when more is owed than before.

    `told`: a move has told of it in this transaction.
    """
    if order.status in UNPAID:
        return  # an underpayment is held until its time is over
    keeps_goods = order.status not in ENDED
    kept = await purchases.share_stored(connection, order) if order.status is Status.PARTLY_FULFILLED else Decimal(1)
    due = owed(money, order.amount, keeps_goods=keeps_goods, policy=cashier.policy, kept=kept)
    known, owing = order.refund_due or Decimal(0), order.refund_due_since is not None
    anything = money.unsized or due > 0
    if order.status is Status.REFUND_DUE and not anything:  # it went back before the order ended
        order = await learn(cashier.books, connection, order, Fact.MONEY_RETURNED, cause)
    if (due, anything) == (known, owing):
        return
    reason = "returned" if not anything else _reason(money, keeps_goods=keeps_goods, kept=kept)
    amount = None if money.unsized and not due else due
    await orders.owe(connection, order.id, amount, reason, anything=anything)
    detail = {"amount": None if amount is None else str(amount), "currency": order.currency, "reason": reason}
    more = due > known or (anything and not owing)
    event = "order.refund_owed" if more else "order.refund_settled"
    await cashier.books.note(connection, order.id, event, cause, public=True, detail=detail)
    if more and not told:
        notice = NOTICES[MORE_IS_OWED[order.status]]
        await cashier.books.tell(connection, order.id, NoticeRequested(order_id=order.id, notice=notice))


def _reason(money: Received, *, keeps_goods: bool, kept: Decimal) -> str:
    reason = "more was paid than the price" if keeps_goods else "paid, and not delivered"
    if kept < 1:
        reason = "the rest of the codes was paid, and not delivered"
    return f"{reason}; {'; '.join(money.problems)}" if money.unsized else reason
