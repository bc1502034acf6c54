"""Completes a reservation, right after it was made; repeating it is harmless."""

from uuid import UUID

from bitloot_kinguin import ReservationEnded

from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.buyer import Buyer
from bitloot_fulfillment.kinguin_news import of_reservation
from bitloot_fulfillment.store import orders, purchases
from bitloot_fulfillment.store.purchases import Purchase
from bitloot_fulfillment.use_cases.record_purchase import record_purchase
from bitloot_fulfillment.use_cases.replace_offer import replace_offer


async def give_key(buyer: Buyer, order_id: UUID, purchase: Purchase, reservation_id: str, cause: Cause) -> None:
    """Asks Kinguin to give what is reserved and writes down that it does. Raises Kinguin's errors."""
    try:
        given = await buyer.kinguin.give(reservation_id)
    except ReservationEnded as error:
        await replace_offer(buyer, order_id, purchase, reservation_id, error.how, cause)
        return
    async with buyer.books.transaction() as connection:
        order = await orders.lock(connection, order_id)
        latest = await purchases.current(connection, order_id)
        if order and latest and latest.id == purchase.id:
            await record_purchase(buyer, connection, order, latest, of_reservation(given), cause)
