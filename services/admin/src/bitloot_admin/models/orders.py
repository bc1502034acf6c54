"""Orders as admins see them: money and fulfilment side by side, and the timeline over all services."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from bitloot_admin.models.deliveries import Delivery, Link, LinkView, SealedKeys
from bitloot_admin.models.model import Model
from bitloot_admin.models.payments import Payment
from bitloot_admin.models.reservations import Reservation
from bitloot_admin.models.webhooks import WebhookSummary


class OrderFilter(Model):
    """Which orders. `q` takes an e-mail or its beginning, or an order, payment or reservation id."""

    q: str | None = Field(None, max_length=200)
    status: list[str] = Field(default_factory=list)
    email: str | None = Field(None, max_length=200)
    refund_due: bool | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    sort: Literal["-created", "created", "-moved", "moved"] = "-created"


class OrderSummary(Model):
    """One order in a list. Amounts are in `currency`. `paymentStatus` is the money, `status` the fulfilment."""

    order_id: UUID
    status: str
    status_since: datetime
    email: str | None
    product_id: str
    product_name: str
    quantity: int
    amount: Decimal
    currency: str
    refund_due: Decimal | None
    refund_reason: str | None
    payment_status: str | None
    created_at: datetime
    updated_at: datetime


class TimelineEntry(Model):
    """One thing that happened to an order, wherever it happened.

    `kind` says what it came from: state, webhook, kafka, provider, mail, link, deadLetter or operator.
    `sincePreviousMs` and `sinceStartMs` are null on the first.
    """

    at: datetime
    kind: str
    service: str
    event: str
    from_status: str | None = None
    to_status: str | None = None
    detail: dict[str, Any] = Field(default_factory=dict)
    cause: dict[str, Any] = Field(default_factory=dict)
    trace_id: str | None = None
    trace_url: str | None = None
    href: str | None = None
    since_previous_ms: int | None = None
    since_start_ms: int | None = None


class DeadLetterOfOrder(Model):
    """A dead letter, as an order's page names it."""

    id: UUID
    dead_at: datetime
    state: str
    original_topic: str
    error_class: str | None
    error_message: str | None


class OrderDetail(OrderSummary):
    """All there is about one order."""

    locale: str
    kinguin_product_id: str
    offer_id: str | None
    unit_price: Decimal
    price_ceiling: Decimal
    erased_at: datetime | None
    payments: list[Payment]
    reservations: list[Reservation]
    keys: list[SealedKeys]
    links: list[Link]
    deliveries: list[Delivery]
    link_views: list[LinkView]
    webhooks: list[WebhookSummary]
    dead_letters: list[DeadLetterOfOrder]
    timeline: list[TimelineEntry]
