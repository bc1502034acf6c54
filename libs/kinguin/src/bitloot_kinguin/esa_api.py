"""Kinguin's ESA: the API that can buy in production.

Source: github.com/kinguinltdhk/Kinguin-eCommerce-API, text of 2025-07. `reserve` buys and charges in one step;
the reservation id is ESA's `orderId`; `give` has nothing left to do.
"""

from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from bitloot_common.retry import Breaker

from bitloot_kinguin.code import Code
from bitloot_kinguin.errors import (
    DEPENDENCY,
    ExternalIdTaken,
    KinguinDown,
    KinguinUnavailable,
    NotReady,
    OfferUnavailable,
    Refused,
    ReservationEnded,
    ReservationUnknown,
    counts_as_outage,
)
from bitloot_kinguin.kinguin import Delivered, Offer, Reservation, ReservationStatus, SearchPolicy
from bitloot_kinguin.product import ProductNotes, product_notes
from bitloot_kinguin.reading import code_of, moment_or_none, money_or_none, objects, text_or_none
from bitloot_kinguin.settings import KinguinSettings
from bitloot_kinguin.transport import Answer, Transport

RETAIL_QUANTITY_MAX: Final = 9
"""Of one offer in one order; from 10 on it is wholesale, which wants an `offerId`."""

KEYS_PAGE: Final = 100
KEYS_PAGES_MAX: Final = 11
"""A thousand keys are the most that one order can have; the page after them is empty."""

_STATUS: Final = {
    "processing": ReservationStatus.GIVEN,
    "completed": ReservationStatus.DELIVERED,
    "canceled": ReservationStatus.CANCELLED,
    "cancelled": ReservationStatus.CANCELLED,
    "refunded": ReservationStatus.REFUNDED,
}

# Said only of a purchase that was not made. Whatever else stands where the answer should be (a gateway's page,
# a kind that nobody documented, a code that does not fit) says nothing: the purchase may have been made behind it.
_NOTHING_BOUGHT: Final = frozenset(
    {"ConstraintViolation", "ProductUnavailable", "Preorder", "InsufficientBalance", "OrderNotSupported"}
)

# ResourceLock, HttpClient, Error: "try again". The rest were withdrawn in 2024 and are still understood.
_TRY_AGAIN: Final = frozenset({"ResourceLock", "HttpClient", "Error", "OrderHold", "BalanceRequired", "OrderNotPaid"})
_NOT_READY: Final = frozenset({"OrderNotDispatchedYet", "OrderPartiallyDispatched", "ProcessingPreorder"})


OPERATIONS: Final = ("reserve", "find", "get", "cancel", "delivered", "offers", "notes", "balance")


class EsaApi:
    """`Kinguin` over ESA v1/v2; header `X-Api-Key`."""

    api: Final = "esa"

    def __init__(self, settings: KinguinSettings) -> None:
        self.breaker: Final = Breaker(DEPENDENCY, probe=self.probe, counts=counts_as_outage)
        self.search: Final = SearchPolicy(settings.kinguin_search_nones, settings.kinguin_search_over_s)
        self._settings = settings
        self._base = settings.kinguin_base_url.rstrip("/")
        self._headers = {"X-Api-Key": settings.kinguin_api_key or ""}
        self._transport = Transport(settings, self.breaker, label=self.api, operations=OPERATIONS)
        self._is_short = False
        self._short_balance: Decimal | None = None

    async def close(self) -> None:
        self.breaker.stop()
        await self._transport.close()

    async def check(self) -> None:
        await self._transport.check()

    async def probe(self) -> None:
        """Asks for the balance; after it did not suffice, it must have grown."""
        balance = await self._balance(is_probe=True) or Decimal(0)
        if not self._is_short:
            return
        if self._short_balance is None or balance <= self._short_balance:
            self._short_balance = balance
            raise KinguinDown("the balance does not suffice")
        self._is_short, self._short_balance = False, None

    async def reserve(
        self, external_id: str, product_id: str, offer_id: str | None, quantity: int, price_ceiling: Decimal
    ) -> Reservation:
        offer_id = offer_id or await self._wholesale_offer(product_id, quantity, price_ceiling)
        product: dict[str, Any] = {"productId": product_id, "qty": quantity, "price": float(price_ceiling)}
        if offer_id:
            product["offerId"] = offer_id
        answer = await self._call(
            "reserve",
            "POST",
            "/v2/order",
            json={"products": [product], "orderExternalId": external_id},
            timeout_s=self._settings.kinguin_reserve_timeout_s,
        )
        if not 200 <= answer.status < 300:
            self._raise_refused_purchase(answer, external_id)
        return _order("reserve", _expect(answer, "reserve"))

    async def find(self, external_id: str) -> Reservation | None:
        answer = await self._call("find", "GET", "/v1/order", params={"orderExternalId": external_id})
        _expect(answer, "find")
        found = [_order("find", item) for item in objects("find", answer.field("results"))]
        ours = [one for one in found if one.external_id == external_id]
        return next((one for one in ours if not one.status.is_dead), ours[0] if ours else None)

    async def get(self, reservation_id: str) -> Reservation:
        answer = await self._call("get", "GET", f"/v1/order/{quote(reservation_id, safe='')}")
        if answer.status == 404:
            raise ReservationUnknown("get", reservation_id)
        return _order("get", _expect(answer, "get"))

    async def give(self, reservation_id: str) -> Reservation:
        return Reservation(reservation_id, ReservationStatus.GIVEN, "processing")

    async def delivered(self, reservation_id: str) -> Delivered:
        """Status first, keys after it: what the status calls complete is then complete in the list too."""
        order = await self.get(reservation_id)
        codes = await self._codes(reservation_id)
        if not codes and order.status.is_dead:
            raise ReservationEnded("delivered", reservation_id, order.provider_status)
        if not codes:
            raise NotReady(reservation_id)
        return Delivered(reservation_id, codes, complete=len(codes) >= (order.quantity or len(codes) + 1))

    async def cancel(self, reservation_id: str) -> Reservation:
        """Returns unclaimed keys: once per order, within 24 hours. Raises Refused (NoKeysToReturn, …)."""
        answer = await self._call("cancel", "POST", f"/v2/order/{quote(reservation_id, safe='')}/keys/return")
        if answer.status == 404:
            raise ReservationUnknown("cancel", reservation_id)
        if not 200 <= answer.status < 300:
            raise Refused("cancel", _kind(answer))
        return await self.get(reservation_id)

    async def offers(self, product_id: str) -> list[Offer]:
        answer = await self._call("offers", "GET", f"/v2/products/{quote(product_id, safe='')}")
        if answer.status == 404:
            return []
        product = _expect(answer, "offers")
        found = [_offer(product_id, item) for item in objects("offers", product.get("offers") or [])]
        return sorted((offer for offer in found if offer), key=lambda offer: offer.price)

    async def notes(self, product_id: str) -> ProductNotes:
        path = f"/v2/products/{quote(product_id, safe='')}"
        answer = await self._transport.call("notes", "GET", self._base + path, headers=self._headers, past_breaker=True)
        return product_notes(_expect(answer, "notes"))

    async def balance(self) -> Decimal | None:
        return await self._balance()

    async def _balance(self, *, is_probe: bool = False) -> Decimal | None:
        answer = await self._call("balance", "GET", "/v1/balance", past_breaker=is_probe)
        return money_or_none(_expect(answer, "balance").get("balance"))

    def _raise_refused_purchase(self, answer: Answer, external_id: str) -> None:
        """A POST /v2/order that was refused, by its kind. Only ESA's own word says that nothing was bought."""
        kind = _kind(answer)
        if kind not in _NOTHING_BOUGHT or answer.field("status") != answer.status:
            raise KinguinUnavailable("reserve", f"unclear, {kind}", may_have_happened=True)
        match kind:
            case "ConstraintViolation" if _is_about_external_id(answer):
                raise ExternalIdTaken(external_id)
            case "ProductUnavailable" | "Preorder":
                raise OfferUnavailable("reserve", kind)
            case "InsufficientBalance":
                self._is_short = True
                self._transport.trip("the balance does not suffice")
                raise KinguinDown("the balance does not suffice")
            case _:
                raise Refused("reserve", kind)

    async def _wholesale_offer(self, product_id: str, quantity: int, price_ceiling: Decimal) -> str | None:
        """Ten pieces and more must name their offer: the cheapest that has them. None below ten."""
        if quantity <= RETAIL_QUANTITY_MAX:
            return None
        for offer in await self._offers_before_purchase(product_id):
            if offer.stock >= quantity and offer.price <= price_ceiling:
                return offer.offer_id
        raise OfferUnavailable("reserve", "no wholesale offer")

    async def _offers_before_purchase(self, product_id: str) -> list[Offer]:
        try:
            return await self.offers(product_id)
        except KinguinUnavailable as error:
            raise KinguinUnavailable(
                "reserve",
                "no offers",
                may_have_happened=False,
                retry_after_s=error.retry_after_s,
                is_away=error.is_away,
            ) from None

    async def _codes(self, order_id: str) -> list[Code]:
        codes: list[Code] = []
        for page in range(1, KEYS_PAGES_MAX + 1):
            answer = await self._call(
                "delivered",
                "GET",
                f"/v2/order/{quote(order_id, safe='')}/keys",
                params={"page": str(page), "limit": str(KEYS_PAGE)},
            )
            if answer.status == 404 or _kind(answer) in _NOT_READY:
                return codes
            if not 200 <= answer.status < 300:
                raise Refused("delivered", _kind(answer))
            items = objects("delivered", answer.body)
            codes += [code_of(item, "serial") for item in items]
            if len(items) < KEYS_PAGE:
                return codes
        raise KinguinUnavailable("delivered", "more pages than an order can have", may_have_happened=True)

    async def _call(self, operation: str, method: str, path: str, **request: Any) -> Answer:
        answer = await self._transport.call(operation, method, self._base + path, headers=self._headers, **request)
        is_esas_own = _kind(answer) == "Authorization" or answer.field("status") == answer.status
        if answer.status in (401, 403) and (is_esas_own or operation != "reserve"):
            self._transport.trip("API key refused")
            raise KinguinDown(f"{operation}: the API key is refused with {answer.status}")
        if answer.status >= 400 and _kind(answer) in _TRY_AGAIN:
            raise KinguinUnavailable(operation, _kind(answer), may_have_happened=True)
        return answer


def _is_about_external_id(answer: Answer) -> bool:
    """The same kind is used for every field: only the property, or failing that the words, say which."""
    about = " ".join(str(answer.field(name) or "") for name in ("propertyPath", "detail", "title")).lower()
    return "externalid" in about or "already used" in about


def _kind(answer: Answer) -> str:
    return (text_or_none(answer.field("kind")) or str(answer.status))[:60]


def _expect(answer: Answer, operation: str) -> dict[str, Any]:
    """The body of a 2xx. Raises Refused for the rest, KinguinUnavailable for a 2xx that is no object."""
    if not 200 <= answer.status < 300:
        raise Refused(operation, _kind(answer))
    if not isinstance(answer.body, dict):
        raise KinguinUnavailable(operation, "unreadable answer", may_have_happened=True)
    return answer.body


def _order(operation: str, item: dict[str, Any]) -> Reservation:
    order_id, word = text_or_none(item.get("orderId")), text_or_none(item.get("status"))
    if order_id is None or word is None:
        raise KinguinUnavailable(operation, "an order without id or status", may_have_happened=True)
    products = item.get("products")
    product = products[0] if isinstance(products, list) and products and isinstance(products[0], dict) else {}
    quantity = item.get("totalQty") or product.get("qty")
    return Reservation(
        id=order_id,
        status=_STATUS.get(word.lower(), ReservationStatus.UNKNOWN),
        provider_status=word[:40],
        external_id=text_or_none(item.get("orderExternalId")),
        product_id=text_or_none(product.get("productId")),
        offer_id=text_or_none(product.get("offerId")),
        quantity=quantity if isinstance(quantity, int) else None,
        price=money_or_none(product.get("price")),
        updated_at=moment_or_none(item.get("updatedAt")),
    )


def _offer(product_id: str, item: dict[str, Any]) -> Offer | None:
    offer_id, price = text_or_none(item.get("offerId")), money_or_none(item.get("price"))
    stock = item.get("availableQty", item.get("qty"))
    if offer_id is None or price is None:
        return None
    return Offer(offer_id, product_id, price, stock if isinstance(stock, int) else 0)
