"""The four kinds of failure, as parents of every service's own errors.

    Failure
    ├── Transient   may pass by itself: up the ladder, after `retry_after_s` when the other side named a time
    ├── NotYet      came before its cause: up the ladder
    ├── Outage      a dependency is away: waits for its breaker, no attempt counted
    └── Permanent   will never pass: straight to the dead letters

What is raised by others is sorted by `classify.py`.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What a failure means for its message."""

    TRANSIENT = "transient"
    NOT_YET = "not_yet"
    OUTAGE = "outage"
    PERMANENT = "permanent"


class Failure(Exception):
    """Parent of the four."""

    kind: Kind


class Transient(Failure):
    """May pass by itself: a time-out, a 5xx, a 429, a deadlock."""

    kind = Kind.TRANSIENT

    def __init__(self, message: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotYet(Failure):
    """The message came before what it depends on, which is on its way."""

    kind = Kind.NOT_YET


class Outage(Failure):
    """`dependency` does not answer: not this message's fault."""

    kind = Kind.OUTAGE

    def __init__(self, dependency: str, message: str = "") -> None:
        super().__init__(message or f"{dependency} is away")
        self.dependency = dependency


class Permanent(Failure):
    """Will fail the same way every time: invalid, illegal in this state, refused for good."""

    kind = Kind.PERMANENT


class UnknownEvent(Permanent):
    """The record's `ce_type` is none that the subscription declared, nor one that it ignores."""

    def __init__(self, topic: str, event_type: str) -> None:
        super().__init__(f"no model for ce_type {event_type!r} on {topic}")


class UnknownSubscription(Permanent):
    """A record on a retry topic names a subscription that this service no longer has."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no subscription {name!r}")
