"""What is learnt about a purchase, in one shape: from an answer, a webhook of either API, or the reconciler."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from bitloot_common.events.ingress import KinguinEsaWebhook, KinguinWebhook
from bitloot_kinguin import Reservation, ReservationStatus

_WORDS: Final = {
    # the reservations API's `event`
    "reserve": ReservationStatus.RESERVED,
    "give": ReservationStatus.GIVEN,
    "delivered": ReservationStatus.DELIVERED,
    "cancel": ReservationStatus.CANCELLED,
    "outofstock": ReservationStatus.OUT_OF_STOCK,
    # the seller side's `status`
    "buying": ReservationStatus.RESERVED,
    "bought": ReservationStatus.GIVEN,
    "canceled": ReservationStatus.CANCELLED,
    "cancelled": ReservationStatus.CANCELLED,
    "out_of_stock": ReservationStatus.OUT_OF_STOCK,
    "returned": ReservationStatus.RETURNED,
    "refunded": ReservationStatus.REFUNDED,
    "reversed": ReservationStatus.REVERSED,
    # ESA's order status
    "processing": ReservationStatus.GIVEN,
    "completed": ReservationStatus.DELIVERED,
}

TAKEN_BACK: Final = frozenset({ReservationStatus.RETURNED, ReservationStatus.REFUNDED, ReservationStatus.REVERSED})
"""After a delivery these are a reversal; before one they are as good as cancelled."""


@dataclass(frozen=True, slots=True)
class News:
    """How far a purchase is. `available` codes can be fetched, where that was asked; `complete`: all of them.

    `is_last`: the purchase is dead, so what is available is all that will ever come.
    """

    reservation_id: str
    status: ReservationStatus
    provider_status: str
    external_id: str | None = None
    updated_at: datetime | None = None
    price: Decimal | None = None
    offer_id: str | None = None
    expires_at: datetime | None = None
    available: int | None = None
    complete: bool = False
    is_last: bool = False

    @property
    def is_taken_back(self) -> bool:
        """Whether Kinguin has paid us back for it."""
        return self.provider_status in TAKEN_BACK


@dataclass(frozen=True, slots=True)
class PurchasePolicy:
    """The shop's choices about buying."""

    deliver_partial: Literal["as_it_comes", "when_complete"] = "as_it_comes"
    offer_attempts_max: int = 3


def of_reservation(reservation: Reservation) -> News:
    """From an answer: `delivered` there means complete, in both APIs."""
    return News(
        reservation.id,
        reservation.status,
        reservation.provider_status,
        reservation.external_id,
        reservation.updated_at,
        reservation.price,
        reservation.offer_id,
        reservation.expires_at,
        complete=reservation.status is ReservationStatus.DELIVERED,
    )


def of_webhook(webhook: KinguinWebhook | KinguinEsaWebhook) -> News:
    """From a webhook: it says neither how many codes nor whether that is all; status UNKNOWN if it is news to us."""
    if isinstance(webhook, KinguinEsaWebhook):
        status = _WORDS.get(webhook.status.lower(), ReservationStatus.UNKNOWN)
        moment = _moment(webhook.updated_at)
        # an ESA order is completed when all of it is
        complete = status is ReservationStatus.DELIVERED
        return News(webhook.order_id, status, webhook.status, webhook.order_external_id, moment, complete=complete)
    word = webhook.event or webhook.status or ""
    status = _WORDS.get(word.lower(), ReservationStatus.UNKNOWN)
    if word == "PROCESSING_PREORDER":
        status = ReservationStatus.GIVEN
    return News(
        webhook.reservation_id,
        status,
        word,
        webhook.external_id,
        _moment(webhook.updated_at),
        offer_id=webhook.offer_id,
    )


def _moment(text: str | None) -> datetime | None:
    """`2020-10-16T11:24:08.025+00:00`, or with `+0000`; None when unreadable or without offset."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None
