"""Kinguin in memory, for tests that need thousands of its answers; the adapters are tested against the sandbox."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import uuid4

from bitloot_common.retry import Breaker
from bitloot_kinguin import (
    Code,
    Delivered,
    KinguinUnavailable,
    NotReady,
    Offer,
    OfferUnavailable,
    ProductNotes,
    Reservation,
    ReservationEnded,
    ReservationStatus,
    SearchPolicy,
)


class Killed(Exception):
    """The process is gone in the middle of a call: nothing after it happened."""


@dataclass
class Sale:
    """One purchase that the fake has made. `ready` codes of `quantity` can be fetched."""

    reservation: Reservation
    quantity: int
    ready: int = 0
    unseen_searches: int = 0


class FakeKinguin:
    """Sells like the reservations API, or like ESA: without idempotency, at once, with a search that lags.

    `faults` are for the next calls of `reserve`: `unclear` (not accepted), `accepted_unclear`, `killed` (accepted,
    and we are gone), `unavailable` (surely nothing), `out_of_stock`.
    """

    def __init__(self, api: str, announce: Callable[[Sale, str], None]) -> None:
        self.api = api
        self.search = SearchPolicy(nones=2 if api == "esa" else 1, over_s=0)
        self.breaker = Breaker("kinguin")
        self.faults: deque[str] = deque()
        self.sales: dict[str, Sale] = {}
        self.sold_out: set[str] = set()
        self._announce = announce

    async def reserve(
        self, external_id: str, product_id: str, offer_id: str | None, quantity: int, price_ceiling: Decimal
    ) -> Reservation:
        fault = self.faults.popleft() if self.faults else None
        if fault == "unavailable":
            raise KinguinUnavailable("reserve", "refused", may_have_happened=False)
        if fault == "unclear":
            raise KinguinUnavailable("reserve", "time-out", may_have_happened=True)
        offer_id = offer_id or "offer-1"
        if fault == "out_of_stock" or offer_id in self.sold_out:
            raise OfferUnavailable("reserve", "OUT_OF_STOCK")
        sale = self._sell(external_id, product_id, offer_id, quantity)
        if fault == "killed":
            raise Killed
        if fault == "accepted_unclear":
            raise KinguinUnavailable("reserve", "time-out", may_have_happened=True)
        return sale.reservation

    def _sell(self, external_id: str, product_id: str, offer_id: str, quantity: int) -> Sale:
        if self.api == "reservations":
            known = [one for one in self.sales.values() if one.reservation.external_id == external_id]
            if known:
                return known[0]
        status = ReservationStatus.RESERVED if self.api == "reservations" else ReservationStatus.GIVEN
        reservation = Reservation(
            f"r-{uuid4()}", status, status, external_id, product_id, offer_id, quantity, Decimal(7)
        )
        sale = Sale(reservation, quantity, unseen_searches=1 if self.api == "esa" else 0)
        self.sales[reservation.id] = sale
        self._announce(sale, "reserve")
        return sale

    async def find(self, external_id: str) -> Reservation | None:
        found = []
        for sale in self.sales.values():
            if sale.reservation.external_id == external_id:
                if sale.unseen_searches:
                    sale.unseen_searches -= 1
                else:
                    found.append(sale.reservation)
        return next((one for one in found if not one.status.is_dead), found[0] if found else None)

    async def get(self, reservation_id: str) -> Reservation:
        return self.sales[reservation_id].reservation

    async def give(self, reservation_id: str) -> Reservation:
        sale = self.sales[reservation_id]
        if sale.reservation.status.is_dead:
            raise ReservationEnded("give", reservation_id, sale.reservation.status)
        if sale.reservation.status is ReservationStatus.RESERVED:
            self.move(sale, ReservationStatus.GIVEN, "give")
        return replace(sale.reservation, status=ReservationStatus.GIVEN)

    async def delivered(self, reservation_id: str) -> Delivered:
        sale = self.sales[reservation_id]
        if not sale.ready:
            raise NotReady(reservation_id)
        codes = [Code(f"{reservation_id}-{n}") for n in range(sale.ready)]
        return Delivered(reservation_id, codes, complete=sale.ready == sale.quantity)

    async def cancel(self, reservation_id: str) -> Reservation:
        raise NotImplementedError

    async def offers(self, product_id: str) -> list[Offer]:
        names = [f"offer-{n}" for n in (1, 2, 3)]
        return [Offer(name, product_id, Decimal(7), 0 if name in self.sold_out else 99) for name in names]

    async def notes(self, product_id: str) -> ProductNotes:
        return ProductNotes()

    async def balance(self) -> Decimal | None:
        return None

    async def probe(self) -> None:
        return

    async def check(self) -> None:
        return

    async def close(self) -> None:
        self.breaker.stop()

    # the other side's doing

    def move(self, sale: Sale, status: ReservationStatus, event: str) -> None:
        """Its status changes, and a webhook says so."""
        sale.reservation = replace(sale.reservation, status=status, provider_status=status)
        self._announce(sale, event)

    def hand_over(self, sale: Sale, codes: int) -> None:
        """So many more codes can be fetched."""
        sale.ready = min(sale.quantity, sale.ready + codes)
        if sale.ready == sale.quantity:
            self.move(sale, ReservationStatus.DELIVERED, "delivered")
        elif self.api == "reservations":
            self._announce(sale, "delivered")

    def alive(self, order_id: str) -> list[Sale]:
        """What it has sold for the order and not taken back: codes that were handed over stay sold."""
        return [
            sale
            for sale in self.sales.values()
            if (sale.reservation.external_id or "").startswith(order_id)
            and (sale.ready or not sale.reservation.status.is_dead)
        ]
