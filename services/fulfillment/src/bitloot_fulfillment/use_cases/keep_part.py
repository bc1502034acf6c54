"""A purchase is dead, but codes of it were handed over: they are the customer's, and never bought again.

What can be fetched is asked for; when all of that is sealed, the order ends partly fulfilled and owes the rest.
"""

from bitloot_common.db import Connection
from bitloot_common.events.fulfillment import DeliveryRequested
from bitloot_kinguin import NotReady, Refused, ReservationEnded, ReservationStatus, ReservationUnknown

from bitloot_fulfillment.books import Cause, age_s
from bitloot_fulfillment.buyer import Buyer
from bitloot_fulfillment.kinguin_news import TAKEN_BACK, News
from bitloot_fulfillment.money import received
from bitloot_fulfillment.order_machine import BUYING, HANDING_OVER, Fact, Status
from bitloot_fulfillment.progress import learn
from bitloot_fulfillment.store import payments, purchases
from bitloot_fulfillment.store.orders import Order
from bitloot_fulfillment.store.purchases import Purchase
from bitloot_fulfillment.use_cases.accept_payment import write_owed
from bitloot_fulfillment.use_cases.record_purchase import record_purchase


async def handed_over(buyer: Buyer, reservation_id: str | None, how: str) -> int:
    """How many codes of a dead purchase Kinguin still hands out. Raises its errors where it does not say.

    What it took back it has paid for, so the codes are not handed to a customer: 0.
    """
    if reservation_id is None or how in TAKEN_BACK:
        return 0
    try:
        return len((await buyer.kinguin.delivered(reservation_id)).codes)
    except (NotReady, ReservationEnded, ReservationUnknown, Refused):
        return 0


async def keep_part(
    buyer: Buyer, connection: Connection, order: Order, purchase: Purchase, news: News, cause: Cause
) -> bool:
    """Whether codes of the dead `purchase` were handed over; then nothing may be bought in its place.

    `news.available` is what Kinguin still hands out, `news.provider_status` how it ended. The order is locked.
    """
    parts, sealed = await purchases.stored(connection, order.id)
    counted = 0 if news.is_taken_back else purchase.codes_delivered
    available = news.available or 0
    if not (sealed or available or counted) or order.status not in (*BUYING, *HANDING_OVER):
        return False
    await _alert_once(buyer, connection, order, purchase, news, cause)
    if available > sealed:
        after = await record_purchase(buyer, connection, order, purchase, news, cause)
        if after is order:  # asked for before, and not sealed yet
            await request_again(buyer, connection, order, purchase, parts, cause)
        return True
    if not sealed:  # delivery may hold what Kinguin does not hand out any more; before it was asked nobody does
        return order.status in HANDING_OVER
    if sealed < purchase.quantity:
        await _end(buyer, connection, order, purchase, sealed, news, cause)
    return True


async def _alert_once(
    buyer: Buyer, connection: Connection, order: Order, purchase: Purchase, news: News, cause: Cause
) -> None:
    if purchase.provider_status == news.provider_status:
        return
    await purchases.note_provider(connection, purchase, purchase.status, news.provider_status)
    detail = {"ended": news.provider_status, "available": news.available, "quantity": purchase.quantity}
    why = "Kinguin has ended a purchase of which it had handed over codes: do they work?"
    await buyer.books.alert(connection, order.id, Fact.REST_FAILED, why, cause, detail)


async def _end(
    buyer: Buyer, connection: Connection, order: Order, purchase: Purchase, sealed: int, news: News, cause: Cause
) -> None:
    how = news.provider_status
    detail = {"codes_stored": sealed, "quantity": purchase.quantity, "ended": how}
    after = await learn(buyer.books, connection, order, Fact.REST_FAILED, cause, detail=detail)
    await purchases.end(connection, purchase, how.partition(":")[0], how)
    money = received(await payments.of_order(connection, order.id), buyer.cashier.policy)
    await write_owed(buyer.cashier, connection, after, money, cause, told=True)


async def request_again(
    buyer: Buyer,
    connection: Connection,
    order: Order,
    purchase: Purchase,
    parts: int,
    cause: Cause,
    *,
    by_hand: bool = False,
) -> None:
    """Asks delivery once more for a part that it has not sealed for long; twice is harmless."""
    if order.status not in HANDING_OVER or purchase.parts_requested <= parts or purchase.reservation_id is None:
        return
    if not by_hand and age_s(order.status_since) < (buyer.deadlines.of(Status.DELIVERED) or 0):
        return
    request = DeliveryRequested(
        order_id=order.id,
        reservation_id=purchase.reservation_id,
        quantity=purchase.quantity,
        part=purchase.parts_requested,
    )
    await learn(buyer.books, connection, order, Fact.FURTHER_CODES, cause, delivery=request)


def of_dead(reservation_id: str | None, how: str, available: int) -> News:
    """What is known of a dead purchase, as news: what there is, is all that will ever come."""
    return News(
        reservation_id or "", ReservationStatus.DELIVERED, how.partition(":")[0], available=available, is_last=True
    )
