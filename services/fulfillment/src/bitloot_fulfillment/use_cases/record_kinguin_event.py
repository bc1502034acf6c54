"""A Kinguin webhook takes effect: on the order whose purchase it names, once."""

from dataclasses import replace

import structlog
from bitloot_common.inbox import first_time
from bitloot_common.tracing import continued
from bitloot_kinguin import ReservationStatus

from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.buyer import Buyer
from bitloot_fulfillment.errors import ReservationNotOurs
from bitloot_fulfillment.kinguin_news import TAKEN_BACK, News, of_reservation
from bitloot_fulfillment.order_machine import Fact
from bitloot_fulfillment.progress import learn
from bitloot_fulfillment.store import orders, purchases
from bitloot_fulfillment.store.purchases import Purchase
from bitloot_fulfillment.use_cases.count_codes import count_codes
from bitloot_fulfillment.use_cases.record_purchase import record_purchase
from bitloot_fulfillment.use_cases.replace_offer import replace_offer

log = structlog.get_logger(__name__)

CONSUMER = "fulfillment.record_kinguin_event"


async def record_kinguin_event(buyer: Buyer, news: News, cause: Cause) -> None:
    """Raises ReservationNotOurs while no purchase of ours carries its ids: it came before our commit."""
    if news.status is ReservationStatus.UNKNOWN:
        log.info("kinguin.webhook.ignored", reservation_id=news.reservation_id, word=news.provider_status)
        return
    async with buyer.books.reading() as connection:
        purchase = await purchases.find(connection, news.reservation_id, news.external_id)
    if purchase is None:
        raise ReservationNotOurs(news.reservation_id)
    # the webhook carries no trace of ours: what follows from it belongs to the order's own
    with continued(purchase.traceparent, "record_kinguin_event"):
        await _take(buyer, purchase, news, cause)


async def _take(buyer: Buyer, purchase: Purchase, news: News, cause: Cause) -> None:
    if purchase.reservation_id and purchase.reservation_id != news.reservation_id:
        await _record(buyer, purchase, news, cause)  # a second one under our external id: a person has to look
        return
    if _is_old(purchase, news):
        return
    async with buyer.books.reading() as connection:
        is_replaced = await purchases.is_replaced(connection, purchase)
    if is_replaced:
        await _after_the_end(buyer, purchase, news, cause)
        return
    news = await _ask(buyer, purchase, news)
    if news.status.is_dead or (news.status in TAKEN_BACK and purchase.status != "delivered"):
        await replace_offer(buyer, purchase.order_id, purchase, news.reservation_id, news.status, cause)
        return
    await _record(buyer, purchase, news, cause)


async def _after_the_end(buyer: Buyer, purchase: Purchase, news: News, cause: Cause) -> None:
    """News of a purchase that was replaced: most of it was under way when it ended, so Kinguin itself is asked."""
    now = of_reservation(await buyer.kinguin.get(news.reservation_id))
    if now.status.is_dead or now.status in TAKEN_BACK:
        log.info("kinguin.webhook.late", reservation_id=news.reservation_id, word=news.provider_status)
        return
    await _record(buyer, purchase, now, cause)


def _is_old(purchase: Purchase, news: News) -> bool:
    """Whether it tells of a step that was taken before: most webhooks do, as the answers came first."""
    if purchase.reservation_id is None:
        return False
    if news.status is ReservationStatus.RESERVED:
        return True
    return news.status is ReservationStatus.GIVEN and purchase.status in ("given", "delivered")


async def _ask(buyer: Buyer, purchase: Purchase, news: News) -> News:
    """What the webhook does not say, or is not believed about: how many codes, and whether it is really over."""
    if news.status.is_dead or news.status in TAKEN_BACK:
        # they may come late or out of order, and a second purchase hangs on it
        return of_reservation(await buyer.kinguin.get(news.reservation_id))
    if news.status is ReservationStatus.DELIVERED and purchase.quantity > 1 and not news.complete:
        return replace(await count_codes(buyer, news.reservation_id, news), provider_status=news.provider_status)
    return news


async def _record(buyer: Buyer, purchase: Purchase, news: News, cause: Cause) -> None:
    async with buyer.books.transaction() as connection:
        if cause.event_id and not await first_time(connection, CONSUMER, cause.event_id):
            return
        order = await orders.lock(connection, purchase.order_id)
        latest = await purchases.current(connection, purchase.order_id)
        if order is None or latest is None:
            return
        detail = {"reservation_id": news.reservation_id, "provider_status": news.provider_status}
        if latest.id != purchase.id:
            why = "Kinguin goes on with a purchase that was replaced"
            await buyer.books.alert(connection, order.id, Fact.RESERVED, why, cause, detail)
        elif latest.reservation_id and latest.reservation_id != news.reservation_id:
            why = "Kinguin has a second reservation under our external id"
            await buyer.books.alert(connection, order.id, Fact.RESERVED, why, cause, detail)
        elif news.status in TAKEN_BACK:
            await learn(buyer.books, connection, order, Fact.PURCHASE_REVERSED, cause, detail=detail)
            await purchases.note_provider(connection, latest, news.status, news.provider_status)
        else:
            await record_purchase(buyer, connection, order, latest, news, cause)
