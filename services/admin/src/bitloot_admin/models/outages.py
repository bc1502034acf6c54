"""Outages, services and topics as they are now."""

from datetime import datetime
from uuid import UUID

from bitloot_admin.models.model import Model


class Outage(Model):
    """A dependency was away, as a service said; `endedAt` null: it still is."""

    id: UUID
    service: str
    dependency: str
    detail: str
    began_at: datetime
    ended_at: datetime | None


class Service(Model):
    """A service and what it says of its dependencies; breakers are among them."""

    name: str
    state: str
    checks: dict[str, str]
    asked_at: datetime | None


class Outages(Model):
    """How the services are now, and what was."""

    services: list[Service]
    items: list[Outage]


class Topic(Model):
    """One topic: its rate over the last sample (messages a second) and the lag of each group."""

    name: str
    partitions: int
    end: int
    rate_s: float | None
    lag: dict[str, int]


class Topics(Model):
    """All topics; `error` says why nothing newer is known."""

    items: list[Topic]
    error: str | None
