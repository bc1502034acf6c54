"""Kinguin's real buyer API (ESA): buys and charges in one step."""

from typing import Annotated, Any

from fastapi import Header, Query, Response

from bitloot_sandbox.answers import Json
from bitloot_sandbox.behaviour import Behaving, Behaviour
from bitloot_sandbox.clock import now_s
from bitloot_sandbox.doors import Door, Endpoint
from bitloot_sandbox.kinguin.catalogue import kinguin_id_of, name_of, notes_of, offers_of
from bitloot_sandbox.kinguin.esa_order import EsaOrder, key_views, order_view, wanted_lines
from bitloot_sandbox.kinguin.purchase import ESA_STATUS_OF, Purchase
from bitloot_sandbox.kinguin.purchases import Purchases, new_purchase_id
from bitloot_sandbox.refusals import Api, Refused, esa_refusal

API: Api = "esa"
DAY_S = 86_400
Page = Annotated[int, Query(ge=1)]
Limit = Annotated[int, Query(ge=1, le=100)]


class EsaDoors:
    """`doors` is the list of what it serves."""

    def __init__(self, purchases: Purchases, behaving: Behaving, api_key: str) -> None:
        self._purchases = purchases
        self._behaving = behaving
        self._api_key = api_key

    def doors(self) -> list[Door]:
        def door(operation: str, route: str, endpoint: Endpoint, summary: str, status: int = 200) -> Door:
            method, path = route.split()
            return Door(API, operation, method, f"/esa/api{path}", endpoint, self._with_key, summary, status)

        return [
            door("reserve", "POST /v2/order", self.create, "Buys and charges in one step", 201),
            door("reserve", "POST /v1/order", self.create, "As v2, with kinguinId", 201),
            door("lookup", "GET /v1/order", self.search, "Search; sees a new order `searchLagMs` late"),
            door("get", "GET /v1/order/{order_id}", self.get, "One order"),
            door("delivered", "GET /v2/order/{order_id}/keys", self.keys, "The codes there are so far"),
            door("return", "POST /v2/order/{order_id}/keys/return", self.return_keys, "Once, within 24 h"),
            door("balance", "GET /v1/balance", self.balance, "What is left to buy for"),
            door("offers", "GET /v1/products/{product_id}", self.product, "By kinguinId"),
            door("offers", "GET /v2/products/{product_id}", self.product, "By productId"),
        ]

    async def _with_key(self, x_api_key: Annotated[str | None, Header()] = None) -> None:
        if x_api_key != self._api_key:
            raise esa_refusal("Authorization", "Invalid API key.")

    async def balance(self) -> dict[str, float]:
        return {"balance": round(self._behaving().balance, 2)}

    async def product(self, product_id: str) -> dict[str, Any]:
        return _product_view(product_id, self._behaving())

    async def create(self, order: EsaOrder) -> Response:
        if taken := self._purchases.taken(order.orderExternalId, API):
            self._purchases.count(taken, "reserve")
            raise _already_used(order.orderExternalId)
        behaviour = self._behaving()
        purchase = _new_order(order, wanted_lines(order, behaviour))
        fault = self._purchases.draw(API, "reserve")
        if fault and fault.mode == "out_of_stock":
            raise esa_refusal("ProductUnavailable", "Unable to find any offer matching order request criteria.")
        if purchase.total > behaviour.balance:
            raise esa_refusal("InsufficientBalance", "There are not enough funds to place an order.")
        behaviour.balance -= purchase.total
        self._purchases.buy(purchase, fault)
        self._purchases.count(purchase, "reserve")
        return Json(self._view(purchase), 201)

    async def search(
        self,
        orderExternalId: str | None = None,  # noqa: N803
        orderId: str | None = None,  # noqa: N803
        status: str | None = None,
        page: Page = 1,
        limit: Limit = 25,
    ) -> dict[str, Any]:
        if orderExternalId is None and orderId is None:
            found, count = self._purchases.of_api(API, limit, (page - 1) * limit)
            return {"results": [self._view(purchase) for purchase in found], "item_count": count}
        found = self._named(orderExternalId, orderId)
        for purchase in found:
            self._purchases.count(purchase, "lookup")
        seen_until = now_s() - self._behaving().search_lag_ms / 1000
        found = [p for p in found if p.created_at <= seen_until]
        found = [p for p in found if status in (None, ESA_STATUS_OF[p.status])]
        shown = found[(page - 1) * limit : page * limit]
        return {"results": [self._view(purchase) for purchase in shown], "item_count": len(found)}

    def _named(self, external_id: str | None, order_id: str | None) -> list[Purchase]:
        if external_id is not None:
            found = self._purchases.of_external_id(external_id, API)
            return [purchase for purchase in found if order_id in (None, purchase.id)]
        one = self._purchases.find(order_id or "", API)
        return [one] if one else []

    def _existing(self, order_id: str, operation: str) -> Purchase:
        purchase = self._purchases.find(order_id, API)
        if purchase is None:
            raise esa_refusal("OrderNotFound", f"Order {order_id} not found.")
        self._purchases.count(purchase, operation)
        return purchase

    def _view(self, purchase: Purchase) -> dict[str, Any]:
        return order_view(purchase, self._purchases.codes(purchase))

    async def get(self, order_id: str) -> Response:
        return Json(self._view(self._existing(order_id, "get")))

    async def keys(self, order_id: str, page: Page = 1, limit: Limit = 25) -> Response:
        purchase = self._existing(order_id, "delivered")
        shown = self._purchases.visible_codes(purchase)[(page - 1) * limit : page * limit]
        return Json(key_views(shown))

    async def return_keys(self, order_id: str) -> Response:
        purchase = self._existing(order_id, "return")
        if purchase.status != "delivered" or now_s() - purchase.updated_at > DAY_S:
            raise esa_refusal("NoKeysToReturn", "Return keys is not allowed.", orderId=order_id)
        self._purchases.end(purchase, "returned")
        self._behaving().balance += purchase.total
        returned = [{"id": code.key_id, "status": "RETURNED"} for code in self._purchases.codes(purchase)]
        return Json(returned)


def _already_used(external_id: str | None) -> Refused:
    detail = "The value is already used."
    return esa_refusal("ConstraintViolation", detail, propertyPath="orderExternalId", invalidValue=external_id)


def _new_order(order: EsaOrder, lines: list[dict[str, Any]]) -> Purchase:
    at = now_s()
    external_id = order.orderExternalId
    return Purchase(new_purchase_id(API), API, external_id, external_id, lines, "given", at, at)


def _product_view(product_id: str, behaviour: Behaviour) -> dict[str, Any]:
    offers = offers_of(product_id, behaviour)
    in_stock = [offer for offer in offers if offer.stock]
    cheapest = (in_stock or offers)[0]
    return {
        "kinguinId": kinguin_id_of(product_id),
        "productId": product_id,
        "name": name_of(product_id),
        "originalName": name_of(product_id),
        "platform": "Steam",
        "qty": cheapest.stock,
        "textQty": cheapest.stock,
        "price": cheapest.price,
        "cheapestOfferId": [cheapest.offer_id],
        "isPreorder": False,
        **notes_of(product_id),
        "offers": [
            {
                "name": offer.name,
                "offerId": offer.offer_id,
                "price": offer.price,
                "qty": offer.stock,
                "textQty": offer.stock,
                "availableQty": offer.stock,
                "availableTextQty": offer.stock,
                "merchantName": offer.seller,
                "isPreorder": False,
                "releaseDate": "2024-11-01",
            }
            for offer in offers
        ],
        "offersCount": len(offers),
        "totalQty": sum(offer.stock for offer in offers),
        "merchantName": [cheapest.seller],
        "updatedAt": "2026-01-05T09:34:13+00:00",
    }
