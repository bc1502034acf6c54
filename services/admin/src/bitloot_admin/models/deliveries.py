"""Deliveries: sealed keys, links, mails and who looked. Nothing here opens anything."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from bitloot_admin.models.model import Model


class SealedKeys(Model):
    """One sealed object: how many codes, where, under which key of the ring."""

    id: UUID
    order_id: UUID
    part: int
    reservation_id: str
    storage_ref: str
    codes_count: int
    kid: str
    sealed_at: datetime | None  # null while only the intent is committed
    viewed_at: datetime | None
    view_count: int
    deleted_at: datetime | None


class Link(Model):
    """One mailed link, without its token."""

    id: UUID
    order_id: UUID
    purpose: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    revoked_reason: str | None
    reveals: int


class LinkView(Model):
    """One look at a link's page."""

    at: datetime
    link_id: UUID
    outcome: str
    address: str | None
    user_agent: str | None


class DeliveryFilter(Model):
    """Which mails."""

    q: str | None = Field(None, max_length=200, description="order id")
    order_id: UUID | None = None
    status: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    sort: Literal["-created", "created"] = "-created"


class Delivery(Model):
    """One mail to a customer."""

    id: UUID
    order_id: UUID
    purpose: str
    sequence: int
    status: str
    complete: bool
    attempts: int
    last_error: str | None
    requested_by: str | None
    link_id: UUID | None
    created_at: datetime
    mailed_at: datetime | None
