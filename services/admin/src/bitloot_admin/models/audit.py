"""The audit log as it is read."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from bitloot_admin.models.model import Model


class AuditFilter(Model):
    """Which rows. `target` is `kind:id`, e.g. `order:0198…`."""

    q: str | None = Field(None, max_length=200, description="an actor, or a target")
    actor: str | None = None
    action: str | None = None
    target: str | None = None
    at_from: datetime | None = None
    at_to: datetime | None = None
    sort: Literal["-at", "at"] = "-at"


class AuditRow(Model):
    """Who did what to what, and why."""

    id: int
    at: datetime
    actor: str
    action: str
    target: str | None
    reason: str | None
    detail: dict[str, Any]
