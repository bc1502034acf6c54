"""Dead letters: messages whose handling failed for good."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from bitloot_admin.models.model import Model


class DeadLetterFilter(Model):
    """Which dead letters. `group` is a fingerprint."""

    q: str | None = Field(None, max_length=200, description="order or event id, or a group")
    state: Literal["open", "replayed", "discarded"] | None = None
    group: str | None = None
    service: str | None = None
    order_id: UUID | None = None
    sort: Literal["-dead", "dead"] = "-dead"


class DeadLetterSummary(Model):
    """One dead letter in a list."""

    id: UUID
    service: str
    group: str
    original_topic: str
    original_partition: int | None
    original_offset: int | None
    event_id: str | None
    event_type: str | None
    order_id: UUID | None
    attempts: int | None
    error_class: str | None
    error_message: str | None
    first_failed_at: datetime | None
    dead_at: datetime
    state: str
    state_at: datetime | None
    state_by: str | None
    state_reason: str | None
    replays: int
