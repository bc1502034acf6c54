"""The reservations API: the design's model of buying at Kinguin. Only our sandbox serves it.

Source of every fact: the project's own design; nothing public describes such an API.
"""

from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from bitloot_common.retry import Breaker

from bitloot_kinguin.bearer_token import BearerToken
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

_STATUS: Final = {
    "reserved": ReservationStatus.RESERVED,
    "given": ReservationStatus.GIVEN,
    "delivered": ReservationStatus.DELIVERED,
    "cancelled": ReservationStatus.CANCELLED,
    "canceled": ReservationStatus.CANCELLED,
    "expired": ReservationStatus.EXPIRED,
    "outofstock": ReservationStatus.OUT_OF_STOCK,
    "out_of_stock": ReservationStatus.OUT_OF_STOCK,
    "returned": ReservationStatus.RETURNED,
    "refunded": ReservationStatus.REFUNDED,
    "reversed": ReservationStatus.REVERSED,
}


OPERATIONS: Final = ("token", "reserve", "find", "get", "give", "cancel", "delivered", "offers", "notes")


class ReservationsApi:
    """`Kinguin` over the reservations API. Bearer token; `Idempotency-Key` is the external id."""

    api: Final = "reservations"

    def __init__(self, settings: KinguinSettings) -> None:
        self.breaker: Final = Breaker(DEPENDENCY, probe=self.probe, counts=counts_as_outage)
        self.search: Final = SearchPolicy(nones=1, over_s=0)
        self._settings = settings
        self._base = settings.kinguin_base_url.rstrip("/")
        self._transport = Transport(settings, self.breaker, label=self.api, operations=OPERATIONS)
        self._token = BearerToken(settings, self._transport)

    async def close(self) -> None:
        self.breaker.stop()
        await self._transport.close()

    async def check(self) -> None:
        await self._transport.check()

    async def probe(self) -> None:
        await self._token.probe()

    async def reserve(
        self, external_id: str, product_id: str, offer_id: str | None, quantity: int, price_ceiling: Decimal
    ) -> Reservation:
        body = {"productId": product_id, "quantity": quantity, "price": float(price_ceiling), "externalId": external_id}
        if offer_id:
            body["offerId"] = offer_id
        answer = await self._call(
            "reserve",
            "POST",
            "/reservations",
            json=body,
            headers={"Idempotency-Key": external_id},
            timeout_s=self._settings.kinguin_reserve_timeout_s,
        )
        code = _code(answer)
        if answer.status in (404, 409, 422) and code in ("OUT_OF_STOCK", "OUTOFSTOCK", "OFFER_NOT_FOUND"):
            raise OfferUnavailable("reserve", code)
        if answer.status == 409:
            raise ExternalIdTaken(external_id)
        if not 200 <= answer.status < 300 and answer.field("status") != answer.status:
            # not the API's own word: a gateway's page may stand before a reservation that was made
            raise KinguinUnavailable("reserve", f"unclear, {code}", may_have_happened=True)
        return _reservation("reserve", _expect(answer, "reserve"))

    async def find(self, external_id: str) -> Reservation | None:
        answer = await self._call("find", "GET", "/reservations", params={"externalId": external_id})
        _expect(answer, "find")
        found = [_reservation("find", item) for item in objects("find", answer.field("results"))]
        ours = [one for one in found if one.external_id == external_id]
        return next((one for one in ours if not one.status.is_dead), ours[0] if ours else None)

    async def get(self, reservation_id: str) -> Reservation:
        answer = await self._call("get", "GET", f"/reservations/{quote(reservation_id, safe='')}")
        if answer.status == 404:
            raise ReservationUnknown("get", reservation_id)
        return _reservation("get", _expect(answer, "get"))

    async def give(self, reservation_id: str) -> Reservation:
        return await self._act("give", reservation_id)

    async def cancel(self, reservation_id: str) -> Reservation:
        return await self._act("cancel", reservation_id)

    async def delivered(self, reservation_id: str) -> Delivered:
        answer = await self._call("delivered", "GET", f"/reservations/{quote(reservation_id, safe='')}/delivered")
        if answer.status in (404, 409) and answer.field("retryable") is True:
            raise NotReady(reservation_id)
        if answer.status == 404:
            raise ReservationUnknown("delivered", reservation_id)
        if answer.status == 409:
            raise ReservationEnded("delivered", reservation_id, _code(answer))
        body = _expect(answer, "delivered")
        codes = [code_of(item, "code") for item in objects("delivered", body.get("codes"))]
        return Delivered(reservation_id, codes, complete=body.get("complete") is True)

    async def offers(self, product_id: str) -> list[Offer]:
        answer = await self._call("offers", "GET", f"/products/{quote(product_id, safe='')}/offers")
        if answer.status == 404:
            return []
        _expect(answer, "offers")
        found = [_offer(product_id, item) for item in objects("offers", answer.field("results"))]
        return sorted((offer for offer in found if offer), key=lambda offer: offer.price)

    async def notes(self, product_id: str) -> ProductNotes:
        """`GET /products/{productId}`, ours: the fields are spelt as ESA's."""
        path = f"/products/{quote(product_id, safe='')}"
        answer = await self._with(await self._token.get(), "notes", "GET", path, past_breaker=True)
        return product_notes(_expect(answer, "notes"))

    async def balance(self) -> Decimal | None:
        return None

    async def _act(self, operation: str, reservation_id: str) -> Reservation:
        answer = await self._call(operation, "POST", f"/reservations/{quote(reservation_id, safe='')}/{operation}")
        if answer.status == 404:
            raise ReservationUnknown(operation, reservation_id)
        if answer.status == 409:
            if operation == "give":
                raise ReservationEnded(operation, reservation_id, _code(answer))
            raise Refused(operation, _code(answer))
        return _reservation(operation, _expect(answer, operation))

    async def _call(self, operation: str, method: str, path: str, **request: Any) -> Answer:
        """With the token; a 401 replaces it, once."""
        token = await self._token.get()
        answer = await self._with(token, operation, method, path, **request)
        if answer.status == 401:
            token = await self._token.replace(token)
            answer = await self._with(token, operation, method, path, **request)
        if answer.status in (401, 403):
            self._transport.trip("fresh token refused")
            raise KinguinDown(f"{operation}: a fresh token is refused with {answer.status}")
        return answer

    async def _with(
        self,
        token: str,
        operation: str,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        **request: Any,
    ) -> Answer:
        bearer = {"Authorization": f"Bearer {token}", **(headers or {})}
        return await self._transport.call(operation, method, self._base + path, headers=bearer, **request)


def _code(answer: Answer) -> str:
    """The error's word, shortened: it goes into messages."""
    return (text_or_none(answer.field("code")) or str(answer.status))[:60]


def _expect(answer: Answer, operation: str) -> dict[str, Any]:
    """The body of a 2xx. Raises Refused for the rest, KinguinUnavailable for a 2xx that is no object."""
    if not 200 <= answer.status < 300:
        raise Refused(operation, _code(answer))
    if not isinstance(answer.body, dict):
        raise KinguinUnavailable(operation, "unreadable answer", may_have_happened=True)
    return answer.body


def _reservation(operation: str, item: dict[str, Any]) -> Reservation:
    reservation_id, word = text_or_none(item.get("id")), text_or_none(item.get("status"))
    if reservation_id is None or word is None:
        raise KinguinUnavailable(operation, "a reservation without id or status", may_have_happened=True)
    quantity = item.get("quantity")
    return Reservation(
        id=reservation_id,
        status=_STATUS.get(word.lower(), ReservationStatus.UNKNOWN),
        provider_status=word[:40],
        external_id=text_or_none(item.get("externalId")),
        product_id=text_or_none(item.get("productId")),
        offer_id=text_or_none(item.get("offerId")),
        quantity=quantity if isinstance(quantity, int) else None,
        price=money_or_none(item.get("price")),
        expires_at=moment_or_none(item.get("expiresAt")),
        updated_at=moment_or_none(item.get("updatedAt")),
    )


def _offer(product_id: str, item: dict[str, Any]) -> Offer | None:
    offer_id, price = text_or_none(item.get("offerId")), money_or_none(item.get("price"))
    stock = item.get("qty")
    if offer_id is None or price is None:
        return None
    return Offer(offer_id, product_id, price, stock if isinstance(stock, int) else 0)
