"""The order's life as domain events, published by every service for admin and whoever integrates."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from bitloot_common.events import topics
from bitloot_common.events.envelope import Event


class OrderEvent(Event):
    """One entry of an order's timeline. `event` is dotted, e.g. `order.paid`, `mail.sent`, `link.viewed`."""

    TYPE: ClassVar[str] = "orders.event.v1"
    TOPIC: ClassVar[str] = topics.ORDERS_EVENTS

    order_id: UUID
    event: str
    service: str
    at: datetime
    from_status: str | None = None
    to_status: str | None = None
    detail: dict[str, Any] = Field(default_factory=dict)
