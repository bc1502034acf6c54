"""Which offer to buy next: a pure choice."""

from collections.abc import Iterable, Set
from decimal import Decimal

from bitloot_kinguin import Offer


def next_offer(offers: Iterable[Offer], *, quantity: int, price_ceiling: Decimal, tried: Set[str]) -> Offer | None:
    """The cheapest offer that has `quantity` pieces at `price_ceiling` EUR each at most and was not tried yet."""
    fitting = [
        offer
        for offer in offers
        if offer.offer_id not in tried and offer.stock >= quantity and offer.price <= price_ceiling
    ]
    return min(fitting, key=lambda offer: offer.price, default=None)
