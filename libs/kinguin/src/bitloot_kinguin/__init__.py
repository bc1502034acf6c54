"""Kinguin's buyer side behind one protocol class: the reservations and the ESA adapter."""

from bitloot_kinguin.adapters import open_kinguin
from bitloot_kinguin.code import Code
from bitloot_kinguin.errors import (
    ExternalIdTaken,
    KinguinDown,
    KinguinUnavailable,
    NotReady,
    OfferUnavailable,
    Refused,
    ReservationEnded,
    ReservationUnknown,
)
from bitloot_kinguin.kinguin import Delivered, Kinguin, Offer, Reservation, ReservationStatus, SearchPolicy
from bitloot_kinguin.product import ProductNotes
from bitloot_kinguin.settings import KinguinSettings

__all__ = [
    "Code",
    "Delivered",
    "ExternalIdTaken",
    "Kinguin",
    "KinguinDown",
    "KinguinSettings",
    "KinguinUnavailable",
    "NotReady",
    "Offer",
    "OfferUnavailable",
    "ProductNotes",
    "Refused",
    "Reservation",
    "ReservationEnded",
    "ReservationStatus",
    "ReservationUnknown",
    "SearchPolicy",
    "open_kinguin",
]
