"""The reservations API: the design's model, which nobody but this sandbox serves."""

import hashlib
import json
from typing import Annotated, Any

from fastapi import Form, Header, Response
from pydantic import BaseModel, Field

from bitloot_sandbox.answers import Json
from bitloot_sandbox.behaviour import Behaving
from bitloot_sandbox.clock import iso_offset, now_s
from bitloot_sandbox.doors import Door, Endpoint
from bitloot_sandbox.kinguin.catalogue import Offer, name_of, notes_of, offers_of, picked_offer
from bitloot_sandbox.kinguin.purchase import BOUGHT, DEAD, Purchase
from bitloot_sandbox.kinguin.purchases import Purchases, new_purchase_id
from bitloot_sandbox.kinguin.tokens import is_alive, new_token
from bitloot_sandbox.refusals import Api, Refused, reservations_refusal

API: Api = "reservations"
SOLD_AS_S = 3600


class ReservationOrder(BaseModel):
    productId: str = Field(min_length=1)  # noqa: N815
    offerId: str | None = None  # noqa: N815
    quantity: int = Field(1, ge=1, le=1000)
    price: float | None = Field(None, gt=0, description="Ceiling for one piece, EUR.")
    externalId: str | None = None  # noqa: N815


class ReservationsDoors:
    """`doors` is the list of what it serves."""

    def __init__(self, purchases: Purchases, behaving: Behaving, client_id: str, client_secret: str) -> None:
        self._purchases = purchases
        self._behaving = behaving
        self._client_id = client_id
        self._client_secret = client_secret

    def doors(self) -> list[Door]:
        def door(operation: str, route: str, endpoint: Endpoint, summary: str, status: int = 200) -> Door:
            method, path = route.split()
            guard = None if operation == "token" else self._with_token
            return Door(API, operation, method, f"/kinguin{path}", endpoint, guard, summary, status)

        one = "/reservations/{reservation_id}"
        return [
            door("reserve", "POST /reservations", self.reserve, "Set some pieces aside", 201),
            door("give", f"POST {one}/give", self.give, "Buy what was reserved"),
            door("delivered", f"GET {one}/delivered", self.delivered, "Its codes"),
            door("lookup", "GET /reservations", self.lookup, "Look up by the buyer's own id"),
            door("get", f"GET {one}", self.get, "One reservation"),
            door("cancel", f"POST {one}/cancel", self.cancel, "Before it was given"),
            door("offers", "GET /products/{product_id}/offers", self.offers, "Who sells it, cheapest first"),
            door("offers", "GET /products/{product_id}", self.product, "Its region and how to activate it"),
            door("token", "POST /auth/token", self.token, "client_credentials, form-encoded"),
        ]

    async def _with_token(self, authorization: Annotated[str, Header()] = "") -> None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not is_alive(token, self._client_secret):
            raise reservations_refusal(401, "INVALID_TOKEN", "The token is unknown or has expired.", retryable=True)

    async def token(
        self,
        grant_type: Annotated[str, Form()],
        client: Annotated[str, Form(alias="client_id")],
        secret: Annotated[str, Form(alias="client_secret")],
    ) -> Response:
        """Sold as living an hour; `tokenTtlS` says how long it really lives."""
        if grant_type != "client_credentials":
            return Json({"error": "unsupported_grant_type"}, 400)
        if (client, secret) != (self._client_id, self._client_secret):
            return Json({"error": "invalid_client"}, 401)
        sold = new_token(self._client_secret, self._behaving().token_ttl_s)
        answer = {"access_token": sold, "token_type": "bearer", "expires_in": SOLD_AS_S, "scope": None}
        return Json(answer)

    async def offers(self, product_id: str) -> dict[str, Any]:
        return {"results": [offer.view() for offer in offers_of(product_id, self._behaving())]}

    async def product(self, product_id: str) -> dict[str, Any]:
        return {"productId": product_id, "name": name_of(product_id), **notes_of(product_id)}

    async def reserve(
        self, order: ReservationOrder, idempotency_key: Annotated[str | None, Header()] = None
    ) -> Response:
        """The same `Idempotency-Key` and body give the same reservation again; another body gets 409."""
        fingerprint = hashlib.sha256(json.dumps(order.model_dump(), sort_keys=True).encode()).hexdigest()
        if idempotency_key and (known := self._purchases.known(idempotency_key, fingerprint)):
            return Json(_view(known), 201, {"Idempotent-Replayed": "true"})
        if taken := self._purchases.taken(order.externalId, API):
            self._purchases.count(taken, "reserve")
            raise reservations_refusal(409, "EXTERNAL_ID_USED", "A reservation has this externalId already.")
        offer = picked_offer(order.productId, order.offerId, order.quantity, order.price, self._behaving())
        fault = self._purchases.draw(API, "reserve")
        if offer is None or (fault and fault.mode == "out_of_stock"):
            raise _out_of_stock(offer.offer_id if offer else order.offerId)
        ends_at = now_s() + self._behaving().reservation_ttl_s
        purchase = _new_reservation(order, offer, idempotency_key, ends_at)
        self._purchases.reserve(purchase, fingerprint=fingerprint, fault=fault)
        return Json(_view(purchase), 201)

    async def lookup(self, externalId: str) -> dict[str, Any]:  # noqa: N803
        found = self._purchases.of_external_id(externalId, API)
        for purchase in found:
            self._purchases.count(purchase, "lookup")
        return {"results": [_view(purchase) for purchase in found]}

    def _existing(self, reservation_id: str, operation: str) -> Purchase:
        purchase = self._purchases.find(reservation_id, API)
        if purchase is None:
            raise reservations_refusal(404, "RESERVATION_NOT_FOUND", "There is no such reservation.")
        self._purchases.count(purchase, operation)
        return purchase

    async def get(self, reservation_id: str) -> Response:
        return Json(_view(self._existing(reservation_id, "get")))

    async def give(self, reservation_id: str) -> Response:
        """Repeating it is harmless."""
        purchase = self._existing(reservation_id, "give")
        if purchase.status in DEAD:
            raise _ended(purchase)
        if purchase.status == "reserved":
            self._purchases.buy(purchase, self._purchases.draw(API, "give"))
            return Json({"id": purchase.id, "status": "given"}, 202)
        return Json({"id": purchase.id, "status": "given"}, 200)

    async def delivered(self, reservation_id: str) -> Response:
        """404 while there is no code yet, 409 before it was given: both `retryable`. An end takes no code back."""
        purchase = self._existing(reservation_id, "delivered")
        if purchase.status in DEAD and not purchase.visible:
            raise _ended(purchase)
        if purchase.status == "reserved":
            raise reservations_refusal(409, "NOT_GIVEN", "It has not been given yet.", retryable=True)
        if not purchase.visible:
            raise reservations_refusal(404, "NOT_READY", "Its codes are not ready yet.", retryable=True)
        codes = self._purchases.visible_codes(purchase)
        answer = {
            "reservationId": purchase.id,
            "codes": [code.view() for code in codes],
            "complete": len(codes) == purchase.quantity,
        }
        return Json(answer)

    async def cancel(self, reservation_id: str) -> Response:
        purchase = self._existing(reservation_id, "cancel")
        if purchase.status in BOUGHT:
            raise reservations_refusal(409, "ALREADY_GIVEN", "What was given cannot be cancelled.")
        if purchase.status == "reserved":
            self._purchases.end(purchase, "cancelled")
        return Json({"id": purchase.id, "status": purchase.status})


def _new_reservation(order: ReservationOrder, offer: Offer, key: str | None, ends_at: float) -> Purchase:
    at = now_s()
    line = {
        "productId": order.productId,
        "offerId": offer.offer_id,
        "name": offer.name,
        "qty": order.quantity,
        "price": offer.price,
        "requestPrice": order.price,
        "textOnly": False,
    }
    purchase_id = new_purchase_id(API)
    return Purchase(purchase_id, API, order.externalId, key, [line], "reserved", at, at, expires_at=ends_at)


def _ended(purchase: Purchase) -> Refused:
    return reservations_refusal(409, purchase.status.upper(), f"The reservation is {purchase.status}.")


def _out_of_stock(offer_id: str | None) -> Refused:
    refusal = reservations_refusal(422, "OUT_OF_STOCK", "No such offer in stock at this price.")
    refusal.body["offerId"] = offer_id
    return refusal


def _view(purchase: Purchase) -> dict[str, Any]:
    line = purchase.lines[0]
    return {
        "id": purchase.id,
        "status": purchase.status,
        "productId": line["productId"],
        "offerId": line["offerId"],
        "quantity": line["qty"],
        "price": line["price"],
        "externalId": purchase.external_id,
        "expiresAt": iso_offset(purchase.expires_at or 0),
        "updatedAt": iso_offset(purchase.updated_at),
    }
