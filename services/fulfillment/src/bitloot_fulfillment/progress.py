"""Takes an order one step on: decide, guarded update, timeline, messages. All moves of orders go through here."""

from dataclasses import replace
from typing import Any

from bitloot_common.db import Connection
from bitloot_common.events.envelope import Event
from bitloot_common.events.fulfillment import DeliveryRequested, NoticeRequested, OrderPaid
from bitloot_common.timeline import Entry

from bitloot_fulfillment import metrics
from bitloot_fulfillment.books import Books, Cause, age_s
from bitloot_fulfillment.errors import OvertakenByAnother
from bitloot_fulfillment.order_machine import Alert, Emission, Fact, Move, Status, Stay, decide
from bitloot_fulfillment.store import orders
from bitloot_fulfillment.store.orders import Order

NOTICES = {
    Emission.NOTICE_UNDERPAID: "underpaid",
    Emission.NOTICE_CANCELLED: "cancelled",
    Emission.NOTICE_REFUND_DUE: "refund_due",
    Emission.NOTICE_REST_CANCELLED: "rest_cancelled",
    Emission.NOTICE_OVERPAID: "overpaid",
}


async def learn(
    books: Books,
    connection: Connection,
    order: Order,
    fact: Fact,
    cause: Cause,
    *,
    detail: dict[str, Any] | None = None,
    delivery: DeliveryRequested | None = None,
) -> Order:
    """Applies `fact` to the locked `order`; returns it as it is then.

    `delivery` is what a DELIVERY_REQUESTED emission says. Raises IllegalTransition, OvertakenByAnother.
    """
    match decide(order.status, fact):
        case Stay():
            return order
        case Alert(why):
            await books.alert(connection, order.id, fact, why, cause, {"status": order.status, **(detail or {})})
            return order
        case Move(to, emits):
            entry = Entry(order.id, f"order.{to}", order.status, to, public=True, detail=detail or {}, cause=cause.told)
            messages = [_message(emission, order, delivery) for emission in emits]
            since = await orders.move(connection, books.outbox, entry, messages)
            if since is None:  # cannot be: the row is locked; the guard stays for whoever forgets to
                raise OvertakenByAnother(f"order {order.id}")
            metrics.STAGE_DURATION_S.labels(order.status, to).observe(age_s(order.status_since))
            return replace(order, status=to, status_since=since)


def _message(emission: Emission, order: Order, delivery: DeliveryRequested | None) -> Event:
    if emission is Emission.ORDER_PAID:
        return OrderPaid(order_id=order.id)
    if emission is Emission.DELIVERY_REQUESTED:
        assert delivery is not None, "who learns of a delivery says which"
        return delivery
    return NoticeRequested(order_id=order.id, notice=NOTICES[emission])


async def finish(books: Books, connection: Connection, order: Order, cause: Cause) -> Order:
    """The link is mailed: fulfilled, with the time that it took."""
    after = await learn(books, connection, order, Fact.LINK_MAILED, cause)
    if after.status is Status.FULFILLED and order.status is not Status.FULFILLED:
        paid_at = await orders.paid_at(connection, order.id)
        if paid_at:
            metrics.ORDER_DURATION_S.observe(age_s(paid_at))
    return after
