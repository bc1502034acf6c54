"""Webhook logs: what the providers told us, byte for byte."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field, computed_field

from bitloot_admin.models.model import Model


class WebhookFilter(Model):
    """Which webhooks. `webhookType` is the first shop's name of `provider`."""

    q: str | None = Field(None, max_length=200, description="order, payment, reservation or webhook id")
    provider: str | None = None
    webhook_type: Literal["nowpayments_ipn", "kinguin_webhook"] | None = None
    event_type: str | None = None
    outcome: Literal["accepted", "ignored", "invalid"] | None = None
    order_id: str | None = None
    payment_id: str | None = None
    reservation_id: str | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    sort: Literal["-received", "received"] = "-received"


class WebhookSummary(Model):
    """One webhook in a list. `duplicates` counts the copies that came after it and changed nothing."""

    id: UUID
    provider: str
    event_type: str
    external_id: str
    order_id: str | None
    payment_id: str | None
    reservation_id: str | None
    outcome: str
    reason: str | None
    duplicates: int
    received_at: datetime
    last_seen_at: datetime
    topic: str | None
    partition: int | None
    offset: int | None
    replayed_at: datetime | None
    trace_id: str | None


class Replay(Model):
    """A replay that an operator asked for."""

    at: datetime
    actor: str
    reason: str | None
    event_id: str | None


class WebhookDetail(WebhookSummary):
    """One webhook whole. `payload` and `body` are masked where they look like a secret; `bodyIsText` is false
    where it is no UTF-8 (then it is shown as hexadecimal). Once its retention has ended `body` is null, the
    headers are empty, and `bodyRemovedAfterDays` says how long they were kept."""

    headers: dict[str, Any]
    payload: Any = None
    body: str | None = None
    body_bytes: int | None = None
    body_removed_at: datetime | None = None
    body_is_text: bool = True
    masked: bool = False
    source_address: str | None
    secret_id: str | None
    trace_url: str | None = None
    replays: list[Replay] = Field(default_factory=list)

    @computed_field
    def body_removed_after_days(self) -> int | None:
        return days_kept(self.received_at, self.body_removed_at)


def days_kept(received_at: datetime, removed_at: datetime | None) -> int | None:
    """Whole days from the one to the other."""
    return (removed_at - received_at).days if removed_at else None


class ReplayAccepted(Model):
    """The webhook is on its way to its topic again, as a new event."""

    id: UUID
    event_id: UUID
    topic: str
