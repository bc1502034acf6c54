"""Asks how many codes of a purchase can be fetched. The codes themselves are dropped at once."""

from dataclasses import replace

from bitloot_kinguin import NotReady, ReservationStatus

from bitloot_fulfillment.buyer import Buyer
from bitloot_fulfillment.kinguin_news import News


async def count_codes(buyer: Buyer, reservation_id: str, news: News) -> News:
    """`news` with `available` and `complete` as Kinguin has them now. Raises Kinguin's errors."""
    try:
        delivered = await buyer.kinguin.delivered(reservation_id)
    except NotReady:
        return replace(news, status=ReservationStatus.GIVEN, available=0, complete=False)
    return replace(
        news, status=ReservationStatus.DELIVERED, available=len(delivered.codes), complete=delivered.complete
    )
