"""Which dead letters: by id, by group, by filter; the same for a topic and for the table."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bitloot_common.deadletters.letter import DeadLetter, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """All that is given must hold. `topic` is the original one; `error` a class, with or without its module."""

    ids: tuple[UUID, ...] = ()
    fingerprint: str | None = None
    service: str | None = None
    topic: str | None = None
    error: str | None = None
    order_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    state: State | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing narrows it but the state."""
        return not any(
            (self.ids, self.fingerprint, self.service, self.topic, self.error, self.order_id, self.since, self.until)
        )

    def matches(self, letter: DeadLetter) -> bool:
        """Whether `letter` is meant. A topic knows no states: there everything is open."""
        return (
            (not self.ids or letter.id in self.ids)
            and self.fingerprint in (None, letter.fingerprint)
            and self.service in (None, letter.service)
            and self.topic in (None, letter.original_topic)
            and (
                self.error is None or self.error in (letter.error_class, (letter.error_class or "").rpartition(".")[2])
            )
            and self.order_id in (None, letter.order_id)
            and (self.since is None or letter.dead_at >= self.since)
            and (self.until is None or letter.dead_at < self.until)
            and self.state in (None, letter.state)
        )

    def where(self) -> tuple[str, list[Any]]:
        """The same as an SQL condition with its arguments."""
        conditions, arguments = ["true"], []
        for condition, argument in self._conditions():
            arguments.append(argument)
            conditions.append(condition.replace("?", f"${len(arguments)}"))
        return " and ".join(conditions), arguments

    def _conditions(self) -> Iterator[tuple[str, Any]]:
        if self.ids:
            yield "id = any(?)", list(self.ids)
        if self.error is not None:
            yield "(error_class = ? or substring(error_class from '[^.]*$') = ?)", self.error
        for condition, argument in (
            ("fingerprint = ?", self.fingerprint),
            ("service = ?", self.service),
            ("original_topic = ?", self.topic),
            ("order_id = ?", self.order_id),
            ("dead_at >= ?", self.since),
            ("dead_at < ?", self.until),
            ("state = ?", self.state),
        ):
            if argument is not None:
                yield condition, argument


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_time(text: str) -> datetime:
    """A time: ISO 8601 (UTC unless it says otherwise), or how long ago: `30m`, `2h`, `7d`. Raises ValueError."""
    if ago := re.fullmatch(r"(\d{1,6})([smhd])", text):
        return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)
