"""What is for sale: every product id there is, each by several sellers."""

import zlib
from dataclasses import dataclass
from typing import Any

from bitloot_sandbox.behaviour import Behaviour

CURRENCY = "EUR"
STOCK = 999
NAMES = {"kinguin-demo": "BitLoot Demo Quest — Édition Légendaire ✦ Ключ активации (PC)"}
SELLERS = (("KeyHive", 1.00), ("GameVault", 1.05), ("Łódź Games", 1.30))


@dataclass(frozen=True)
class Offer:
    offer_id: str
    product_id: str
    name: str
    seller: str
    price: float
    stock: int

    @property
    def kinguin_id(self) -> int:
        return kinguin_id_of(self.product_id)

    def view(self) -> dict[str, Any]:
        return {
            "offerId": self.offer_id,
            "productId": self.product_id,
            "name": self.name,
            "sellerName": self.seller,
            "price": self.price,
            "currency": CURRENCY,
            "qty": self.stock,
        }


REGIONS = {3: "REGION FREE", 2: "United States"}
ACTIVATION = (
    "Go to: http://store.steampowered.com/ and download the STEAM client\r\n\r\n\r\n"
    'Click "Install Steam" (from the upper right corner)\r\n\r\n\r\n'
    "Launch Steam and log into your account. Click the Games Menu &amp; choose "
    "<b>Activate a Product on Steam...</b><br>Follow the onscreen instructions to complete the process."
)


def notes_of(product_id: str) -> dict[str, Any]:
    """Region and activation as sellers write them: with entities, tags and rows of empty lines. Gifts have none."""
    if "gift" in product_id:
        return {"regionalLimitations": REGIONS[2], "countryLimitation": [], "regionId": 2, "activationDetails": ""}
    return {
        "regionalLimitations": REGIONS[3],
        "countryLimitation": ["RU", "BY"],
        "regionId": 3,
        "activationDetails": ACTIVATION,
    }


def kinguin_id_of(product_id: str) -> int:
    """A number for each product, as ESA's v1 has it; a product id in digits is its own."""
    if product_id.isdecimal() and len(product_id) < 10:
        return int(product_id)
    return zlib.crc32(product_id.encode()) % 900_000 + 1_000


def name_of(product_id: str) -> str:
    return NAMES.get(product_id, f"Product {product_id} — Standard Edition ✓")


def offers_of(product_id: str, behaviour: Behaviour) -> list[Offer]:
    """Cheapest first."""
    name = name_of(product_id)
    offers = []
    for n, (seller, factor) in enumerate(SELLERS, start=1):
        offer_id = f"{product_id}-offer-{n}"
        stock = 0 if offer_id in behaviour.out_of_stock_offers else STOCK
        offers.append(Offer(offer_id, product_id, name, seller, round(behaviour.price * factor, 2), stock))
    return offers


def picked_offer(
    product_id: str, offer_id: str | None, quantity: int, ceiling: float | None, behaviour: Behaviour
) -> Offer | None:
    """The cheapest that fits, or the one that was asked for; None when it cannot be had."""
    for offer in offers_of(product_id, behaviour):
        asked_for = offer_id is None or offer.offer_id == offer_id
        if asked_for and offer.stock >= quantity and (ceiling is None or offer.price <= ceiling):
            return offer
    return None
