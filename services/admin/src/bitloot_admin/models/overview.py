"""The overview: the shop on one page."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from bitloot_admin.models.model import Model


class Hour(Model):
    """One hour: orders placed in it, those of them that were paid, and their money."""

    at: datetime
    orders: int
    paid: int
    revenue: Decimal


class Waiting(Model):
    """The paid order that has stood still the longest."""

    order_id: UUID
    status: str
    since: datetime


class Overview(Model):
    """Numbers of the last 24 hours, and what waits now. Latencies are from payment to mail, in seconds."""

    at: datetime
    currency: str
    hours: list[Hour]
    on_the_way: dict[str, int]
    oldest_waiting: Waiting | None
    fulfilled: int
    latency_p50_s: float | None
    latency_p99_s: float | None
    latency_count: int
    refund_due: int
    refund_due_amount: Decimal
    underpaid: int
    orphaned_payments: int
    dead_letters: dict[str, int]
    oldest_dead_letter_at: datetime | None
