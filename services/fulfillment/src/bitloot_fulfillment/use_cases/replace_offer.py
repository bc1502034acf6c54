"""Kinguin cannot deliver from this offer: another one of the same product, else the order ends with a refund due."""

from uuid import UUID

from bitloot_kinguin import Offer

from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.buyer import Buyer, external_id_of
from bitloot_fulfillment.money import received
from bitloot_fulfillment.offers import next_offer
from bitloot_fulfillment.order_machine import BUYING, Emission, Fact, Status, emitted
from bitloot_fulfillment.progress import learn
from bitloot_fulfillment.store import orders, payments, purchases
from bitloot_fulfillment.store.orders import Order
from bitloot_fulfillment.store.purchases import Intent, Purchase
from bitloot_fulfillment.use_cases.accept_payment import write_owed


async def replace_offer(buyer: Buyer, order_id: UUID, purchase_id: UUID, how: str, cause: Cause) -> None:
    """Ends the purchase and, within the limit of attempts and the price ceiling, intends the next.

    The caller knows from Kinguin's own answer that the purchase is dead. Changes nothing when the purchase is
    no longer the order's newest. Raises Kinguin's errors when the offers cannot be had.
    """
    async with buyer.books.reading() as connection:
        order = await orders.get(connection, order_id)
    if order is None or order.status not in BUYING:
        offers: list[Offer] = []
    else:
        offers = await buyer.kinguin.offers(order.kinguin_product_id)
    async with buyer.books.transaction() as connection:
        order = await orders.lock(connection, order_id)
        purchase = await purchases.current(connection, order_id)
        if order is None or purchase is None or purchase.id != purchase_id:
            return
        tried = await purchases.offers_tried(connection, order_id)
        fitting = next_offer(offers, quantity=order.quantity, price_ceiling=order.price_ceiling, tried=tried)
        offer = fitting if purchase.attempt < buyer.policy.offer_attempts_max else None
        fact = Fact.OFFER_REPLACED if offer else Fact.OFFERS_EXHAUSTED
        detail = {"attempt": purchase.attempt, "ended": how, "next_offer_id": offer.offer_id if offer else None}
        after = await learn(buyer.books, connection, order, fact, cause, detail=detail)
        if order.status not in BUYING:
            return
        await purchases.end(connection, purchase, how.partition(":")[0], how)
        if offer:
            ask_in_s = buyer.deadlines.of(Status.RESERVING)
            await purchases.intend(connection, _intent(buyer, order, purchase, offer), ask_in_s)
        else:
            booked = await payments.of_order(connection, order_id)
            money = received(booked, buyer.cashier.policy)
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
