"""An order has ended, and Kinguin sold its keys all the same: give them back and get our money back.

Kinguin's rules (ESA, features/ReturnKeys.md): once per order, within 24 hours of the delivery, unclaimed keys only,
nothing wholesale, no pre-order. The reservations API takes back what was not given yet.
"""

from uuid import UUID

from bitloot_common.retry import Permanent
from bitloot_kinguin import Reservation

from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.buyer import Buyer
from bitloot_fulfillment.errors import OrderUnknown
from bitloot_fulfillment.kinguin_news import TAKEN_BACK
from bitloot_fulfillment.order_machine import ENDED
from bitloot_fulfillment.store import orders, purchases


class NotReturnable(Permanent):
    """The keys are the customer's, or there are none."""

    def __init__(self, order_id: UUID, why: str) -> None:
        super().__init__(f"keys of order {order_id} cannot be returned: {why}")


async def return_keys(buyer: Buyer, order_id: UUID, cause: Cause) -> str:
    """Returns Kinguin's word for the purchase afterwards; a second run finds it returned and changes nothing.

    Raises OrderUnknown, NotReturnable and Kinguin's errors (Refused where its rules forbid it).
    """
    async with buyer.books.reading() as connection:
        order = await orders.get(connection, order_id)
        if order is None:
            raise OrderUnknown(order_id)
        purchase = await purchases.current(connection, order_id)
        reached_delivery = await purchases.reached_delivery(connection, order_id)
    if order.status not in ENDED:
        raise NotReturnable(order_id, f"it is {order.status}, so they are the customer's")
    if reached_delivery:
        raise NotReturnable(order_id, "delivery has had them, so the customer may have")
    if purchase is None or purchase.reservation_id is None:
        raise NotReturnable(order_id, "none were bought")
    reservation = await _give_back(buyer, purchase.reservation_id)
    if purchase.status != reservation.status:
        async with buyer.books.transaction() as connection:
            await orders.lock(connection, order_id)
            await purchases.note_provider(connection, purchase, reservation.status, reservation.provider_status)
            detail = {"reservation_id": reservation.id, "provider_status": reservation.provider_status}
            await buyer.books.note(connection, order_id, "purchase.returned", cause, detail=detail)
    return reservation.provider_status


async def _give_back(buyer: Buyer, reservation_id: str) -> Reservation:
    """Asks first: it may be given once only, and the answer to an earlier try may have been lost."""
    known = await buyer.kinguin.get(reservation_id)
    if known.status.is_dead or known.status in TAKEN_BACK:
        return known
    return await buyer.kinguin.cancel(reservation_id)
