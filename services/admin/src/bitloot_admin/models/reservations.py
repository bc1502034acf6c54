"""Reservations: the purchases at Kinguin."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import Field

from bitloot_admin.models.model import Model


class ReservationFilter(Model):
    """Which reservations. `kinguinReservationId` is the first shop's name of `reservationId`."""

    q: str | None = Field(None, max_length=200, description="reservation, order or external id")
    reservation_id: str | None = None
    kinguin_reservation_id: str | None = None
    order_id: UUID | None = None
    status: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    sort: Literal["-created", "created"] = "-created"


class Reservation(Model):
    """One attempt to buy. `price` is what Kinguin charged for one unit."""

    id: UUID
    order_id: UUID
    api: str
    attempt: int
    external_id: str
    reservation_id: str | None
    product_id: str
    offer_id: str | None
    quantity: int
    price: Decimal | None
    status: str
    provider_status: str | None
    codes_delivered: int
    last_error: str | None
    asked_count: int
    next_ask_at: datetime | None
    intended_at: datetime
    requested_at: datetime | None
    reserved_at: datetime | None
    given_at: datetime | None
    delivered_at: datetime | None
    expires_at: datetime | None
    updated_at: datetime
