"""The webhooks of both Kinguin APIs. Never a code in them."""

import random
from typing import Any

import orjson

from bitloot_sandbox.behaviour import Behaving
from bitloot_sandbox.clock import iso_offset
from bitloot_sandbox.kinguin.purchase import ESA_STATUS_OF, Purchase
from bitloot_sandbox.webhooks import Sender, Webhook

EVENT_OF_STATUS = {
    "reserved": "reserve",
    "given": "give",
    "delivered": "delivered",
    "cancelled": "cancel",
    "expired": "cancel",
    "outofstock": "outofstock",
}
SELLER_SPELLING = {
    "reserved": "BUYING",
    "given": "BOUGHT",
    "delivered": "DELIVERED",
    "cancelled": "CANCELED",
    "expired": "CANCELED",
    "outofstock": "OUT_OF_STOCK",
    "returned": "RETURNED",
    "refunded": "REFUNDED",
    "reversed": "REVERSED",
}


class Announcer:
    def __init__(self, sender: Sender, behaving: Behaving, chance: random.Random, url: str, secret: str) -> None:
        self._sender = sender
        self._behaving = behaving
        self._chance = chance
        self._url = url
        self._secret = secret

    def tell(self, purchase: Purchase, status: str) -> None:
        """Tells of a status; ESA tells only of those that its orders have, and not of the first."""
        if purchase.api == "reservations":
            self._tell_reservation(purchase, status)
        elif ESA_STATUS_OF.get(status, "processing") != "processing":
            self._tell_order(purchase, ESA_STATUS_OF[status])

    def tell_product_update(self, product_id: str, kinguin_id: int, at_s: float) -> None:
        """ESA sends these for its whole catalogue."""
        body = {
            "kinguinId": kinguin_id,
            "productId": product_id,
            "qty": 845,
            "textQty": 845,
            "cheapestOfferId": [f"{product_id}-offer-1"],
            "updatedAt": iso_offset(at_s),
        }
        self._send_esa("product.update", "product.update", product_id, body)

    def _tell_reservation(self, purchase: Purchase, status: str) -> None:
        event = EVENT_OF_STATUS.get(status)
        spelling = self._behaving().webhook_spelling
        sellers = event is None or spelling == "status" or (spelling == "mixed" and self._chance.random() < 0.5)
        line = purchase.lines[0]
        body: dict[str, Any] = {
            "reservationId": purchase.id,
            **({"status": SELLER_SPELLING[status]} if sellers else {"event": event}),
            "productId": line["productId"],
            "offerId": line["offerId"],
            "externalId": purchase.external_id,
            "updatedAt": iso_offset(purchase.updated_at, colon=self._chance.random() < 0.5),
        }
        headers = {"Content-Type": "application/json", "X-Auth-Token": self._secret}
        text = orjson.dumps(body).decode()
        name = event or status
        self._sender.announce(Webhook("reservations", name, purchase.id, self._url, headers, text))

    def _tell_order(self, purchase: Purchase, status: str) -> None:
        body = {
            "orderId": purchase.id,
            "orderExternalId": purchase.external_id,
            "status": status,
            "updatedAt": iso_offset(purchase.updated_at),
        }
        self._send_esa("order.status", status, purchase.id, body)

    def _send_esa(self, header: str, event: str, subject: str, body: dict[str, Any]) -> None:
        headers = {
            "Content-Type": "application/json",
            "X-Event-Name": header,
            "X-Event-Secret": self._secret,
        }
        text = orjson.dumps(body).decode()
        self._sender.announce(Webhook("esa", event, subject, self._url, headers, text))
