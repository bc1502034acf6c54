"""Kinguin's buyer side as the pipeline sees it: one protocol class, two adapters behind it.

`reservations_api.py` speaks the design's model, which only our sandbox serves; `esa_api.py` speaks the one
API that can buy in production.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from bitloot_common.retry import Breaker

from bitloot_kinguin.code import Code
from bitloot_kinguin.product import ProductNotes


class ReservationStatus(StrEnum):
    """How far a purchase is, in one spelling for both APIs."""

    RESERVED = "reserved"
    GIVEN = "given"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    OUT_OF_STOCK = "out_of_stock"
    RETURNED = "returned"
    REFUNDED = "refunded"
    REVERSED = "reversed"
    UNKNOWN = "unknown"

    @property
    def is_dead(self) -> bool:
        """Nothing more will be sold: another offer may be tried, unless codes were handed over before."""
        return self in _DEAD


_DEAD = frozenset({ReservationStatus.CANCELLED, ReservationStatus.EXPIRED, ReservationStatus.OUT_OF_STOCK})


@dataclass(frozen=True, slots=True)
class Reservation:
    """One purchase at Kinguin. `id` is the reservation's id, or ESA's `orderId`.

    `price` is what one unit costs, in EUR; None where the API does not say. `provider_status` is the API's own
    word. `external_id` is the one that we gave it.
    """

    id: str
    status: ReservationStatus
    provider_status: str
    external_id: str | None = None
    product_id: str | None = None
    offer_id: str | None = None
    quantity: int | None = None
    price: Decimal | None = None
    expires_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """The codes that are there by now, in the API's order; `complete` when no more will come."""

    reservation_id: str
    codes: list[Code]
    complete: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """One seller's offer of a product; `price` for one unit, in EUR."""

    offer_id: str
    product_id: str
    price: Decimal
    stock: int


@dataclass(frozen=True, slots=True)
class SearchPolicy:
    """When "there is none" may be believed after an ambiguous purchase: so many times, over so many seconds.

    A repeated `reserve` with the same external id is harmless by itself where the API promises idempotency
    (`nones=1`); ESA promises nothing and its search may lag, so it must say none more than once.
    """

    nones: int
    over_s: float


class Kinguin(Protocol):
    """What the pipeline asks of Kinguin. Each call has its own time-out and raises the errors of `errors.py`.

    Every method may also raise KinguinUnavailable (transient), Outage (breaker open, credentials refused: the call
    surely had no effect) and Refused (permanent).
    """

    @property
    def api(self) -> str:
        """`reservations` or `esa`."""
        ...

    @property
    def breaker(self) -> Breaker:
        """The one for `kinguin`: hand it to the ladder, so that consumption pauses with it."""
        ...

    @property
    def search(self) -> SearchPolicy:
        """When `find` saying None means that nothing was bought."""
        ...

    async def reserve(
        self, external_id: str, product_id: str, offer_id: str | None, quantity: int, price_ceiling: Decimal
    ) -> Reservation:
        """Reserves (ESA: buys) `quantity` pieces at `price_ceiling` EUR each at most, under our `external_id`.

        Raises OfferUnavailable when this offer cannot be had, ExternalIdTaken when the API says that the
        external id was used (look it up), KinguinUnavailable whose `may_have_happened` says whether the
        purchase can have been made all the same.
        """
        ...

    async def find(self, external_id: str) -> Reservation | None:
        """The purchase that carries our `external_id`, the live one if there are several."""
        ...

    async def get(self, reservation_id: str) -> Reservation:
        """How far it is. Raises ReservationUnknown."""
        ...

    async def give(self, reservation_id: str) -> Reservation:
        """Completes the purchase; repeating it is harmless; ESA has nothing to do here.

        Raises ReservationEnded when it was cancelled or has expired.
        """
        ...

    async def delivered(self, reservation_id: str) -> Delivered:
        """The codes so far, of an ended purchase those that were handed over before its end.

        Raises NotReady while there is none, ReservationEnded when there will be none.
        """
        ...

    async def cancel(self, reservation_id: str) -> Reservation:
        """Gives back what can be given back. Raises Refused when it is too late for that."""
        ...

    async def offers(self, product_id: str) -> list[Offer]:
        """What sellers ask for it, cheapest first; empty when nobody sells it."""
        ...

    async def notes(self, product_id: str) -> ProductNotes:
        """Region and activation notes. Past the breaker: its failures say nothing of what orders need."""
        ...

    async def balance(self) -> Decimal | None:
        """What is left to buy with, in EUR; None where the API has no such thing."""
        ...

    async def probe(self) -> None:
        """Asks Kinguin, past the breaker, whether it is well. Raises when not."""
        ...

    async def check(self) -> None:
        """For readiness: raises Degraded while the breaker is not closed. Makes no call."""
        ...

    async def close(self) -> None:
        """Closes the connections."""
        ...
