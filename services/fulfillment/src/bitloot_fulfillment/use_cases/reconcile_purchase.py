"""Asks Kinguin how far a purchase is, and takes it up where it stands still."""

from bitloot_common.retry import Outage
from bitloot_common.tracing import continued
from bitloot_kinguin import ReservationStatus

from bitloot_fulfillment import metrics
from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.buyer import Buyer
from bitloot_fulfillment.kinguin_news import TAKEN_BACK, News, of_reservation
from bitloot_fulfillment.order_machine import BUYING, HANDING_OVER
from bitloot_fulfillment.store import orders, purchases
from bitloot_fulfillment.store.orders import Order
from bitloot_fulfillment.store.purchases import Purchase
from bitloot_fulfillment.use_cases.count_codes import count_codes
from bitloot_fulfillment.use_cases.give_key import give_key
from bitloot_fulfillment.use_cases.keep_part import request_again
from bitloot_fulfillment.use_cases.record_purchase import record_purchase
from bitloot_fulfillment.use_cases.replace_offer import replace_offer
from bitloot_fulfillment.use_cases.reserve_key import reserve_key


async def reconcile_purchase(buyer: Buyer, purchase: Purchase, cause: Cause, *, by_hand: bool = False) -> str:
    """Returns `news`, `nothing` or `over`; plans the next question first. Raises Kinguin's errors.

    `by_hand`: a delivery that is under way is asked for again at once, not after its deadline.
    """
    async with buyer.books.transaction() as connection:
        order = await orders.get(connection, purchase.order_id)
        waits = order is not None and (order.status in (*BUYING, *HANDING_OVER))
        wait_s = buyer.deadlines.after_asking(order.status, purchase.asked_count + 1) if order and waits else None
        await purchases.schedule(connection, purchase, wait_s, purchase.asked_count + 1)
    if order is None or not waits:
        return "over"
    try:
        with continued(purchase.traceparent, "reconcile_purchase"):
            is_kinguins_news = await _take_up(buyer, order, purchase, cause, by_hand=by_hand)
    except Outage:  # says nothing about this purchase: the interval does not grow
        async with buyer.books.transaction() as connection:
            first_s = buyer.deadlines.of(order.status)
            await purchases.schedule(connection, purchase, first_s, purchase.asked_count)
        raise
    async with buyer.books.reading() as connection:
        after = await orders.get(connection, order.id)
    if after is None or (after.status, after.status_since) == (order.status, order.status_since):
        return "nothing"
    counter = metrics.RECONCILED if is_kinguins_news else metrics.TAKEN_UP
    counter.labels(f"purchase_{after.status}").inc()
    return "news"


async def _take_up(buyer: Buyer, order: Order, purchase: Purchase, cause: Cause, *, by_hand: bool) -> bool:
    """Returns whether what comes of it is Kinguin's doing, which a webhook should have told, and not our own."""
    if purchase.reservation_id is None:
        await reserve_key(buyer, order.id, cause)
        return False
    news = of_reservation(await buyer.kinguin.get(purchase.reservation_id))
    if news.status.is_dead or news.status in TAKEN_BACK:
        await replace_offer(buyer, order.id, purchase, purchase.reservation_id, news.status, cause)
        return True
    if news.status is ReservationStatus.RESERVED:
        await give_key(buyer, order.id, purchase, purchase.reservation_id, cause)
        return False
    if not news.complete and purchase.quantity > 1:
        news = await count_codes(buyer, purchase.reservation_id, news)
    await _record(buyer, order, purchase, news, cause, by_hand=by_hand)
    return True


async def _record(buyer: Buyer, order: Order, purchase: Purchase, news: News, cause: Cause, *, by_hand: bool) -> None:
    async with buyer.books.transaction() as connection:
        locked = await orders.lock(connection, order.id)
        latest = await purchases.current(connection, order.id)
        if locked is None or latest is None or latest.id != purchase.id:
            return
        after = await record_purchase(buyer, connection, locked, latest, news, cause)
        if after.status_since == order.status_since:
            parts, _ = await purchases.stored(connection, order.id)
            await request_again(buyer, connection, after, latest, parts, cause, by_hand=by_hand)
