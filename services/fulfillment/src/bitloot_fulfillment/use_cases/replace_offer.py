"""Kinguin cannot deliver from this offer: another one of the same product, else the order ends with a refund due."""

from uuid import UUID

from bitloot_common.db import Connection
from bitloot_kinguin import Offer

from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.buyer import Buyer, external_id_of
from bitloot_fulfillment.errors import OvertakenByAnother
from bitloot_fulfillment.kinguin_news import News
from bitloot_fulfillment.money import received
from bitloot_fulfillment.offers import next_offer
from bitloot_fulfillment.order_machine import BUYING, Emission, Fact, Status, emitted
from bitloot_fulfillment.progress import learn
from bitloot_fulfillment.store import orders, payments, purchases
from bitloot_fulfillment.store.orders import Order
from bitloot_fulfillment.store.purchases import Intent, Purchase
from bitloot_fulfillment.use_cases.accept_payment import write_owed
from bitloot_fulfillment.use_cases.keep_part import handed_over, keep_part, of_dead


async def replace_offer(
    buyer: Buyer, order_id: UUID, purchase: Purchase, reservation_id: str | None, how: str, cause: Cause
) -> None:
    """Ends the purchase and, within the limit of attempts and the price ceiling, intends the next.

    The caller knows from Kinguin's own answer that the purchase, `reservation_id` there, is dead. Codes of it
    that were handed over are kept, and nothing is bought in their place. Changes nothing when the purchase is no
    longer the order's newest. Raises OvertakenByAnother when another handler has taken the purchase since
    `purchase` was read, and Kinguin's errors when codes or offers cannot be asked for.
    """
    async with buyer.books.reading() as connection:
        order = await orders.get(connection, order_id)
    available = await handed_over(buyer, reservation_id, how)
    offers: list[Offer] = []
    if order is not None and order.status in BUYING and not available:
        offers = await buyer.kinguin.offers(order.kinguin_product_id)
    async with buyer.books.transaction() as connection:
        order = await orders.lock(connection, order_id)
        latest = await purchases.current(connection, order_id)
        if order is None or latest is None or latest.id != purchase.id:
            return
        if latest.fence != purchase.fence:  # whoever took it may be buying it at this moment
            raise OvertakenByAnother(f"purchase {purchase.external_id}")
        dead = of_dead(reservation_id, how, available)
        if not await keep_part(buyer, connection, order, latest, dead, cause):
            await _replace(buyer, connection, order, latest, offers, dead, how, cause)


async def _replace(
    buyer: Buyer,
    connection: Connection,
    order: Order,
    purchase: Purchase,
    offers: list[Offer],
    dead: News,
    how: str,
    cause: Cause,
) -> None:
    status = dead.provider_status
    if order.status not in BUYING and purchase.status == status:
        return  # a person was called when it ended
    tried = await purchases.offers_tried(connection, order.id)
    fitting = next_offer(offers, quantity=order.quantity, price_ceiling=order.price_ceiling, tried=tried)
    counted = purchase.codes_delivered and not dead.is_taken_back
    offer = fitting if purchase.attempt < buyer.policy.offer_attempts_max and not counted else None
    fact = Fact.OFFER_REPLACED if offer else Fact.OFFERS_EXHAUSTED
    detail = {"attempt": purchase.attempt, "ended": how, "next_offer_id": offer.offer_id if offer else None}
    after = await learn(buyer.books, connection, order, fact, cause, detail=detail)
    await purchases.end(connection, purchase, status, how)
    if offer:
        ask_in_s = buyer.deadlines.of(Status.RESERVING)
        await purchases.intend(connection, _intent(buyer, order, purchase, offer), ask_in_s)
    elif order.status in BUYING:
        money = received(await payments.of_order(connection, order.id), buyer.cashier.policy)
        told = Emission.NOTICE_REFUND_DUE in emitted(order.status, fact)
        await write_owed(buyer.cashier, connection, after, money, cause, told=told)


def _intent(buyer: Buyer, order: Order, purchase: Purchase, offer: Offer) -> Intent:
    attempt = purchase.attempt + 1
    return Intent(
        order_id=order.id,
        api=buyer.kinguin.api,
        attempt=attempt,
        external_id=external_id_of(order.id, attempt),
        product_id=purchase.product_id,
        offer_id=offer.offer_id,
        quantity=purchase.quantity,
    )
