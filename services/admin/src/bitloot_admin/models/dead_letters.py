"""Dead letters: messages whose handling failed for good, alone and in groups of equal failures."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from bitloot_common.deadletters import Selection, State
from bitloot_common.deadletters.replay import RATE_PER_S_MIN
from pydantic import Field, model_validator

from bitloot_admin.models.model import Model

IDS_MAX = 1_000
LetterState = Literal["open", "replayed", "discarded"]


class DeadLetterFilter(Model):
    """Which dead letters. `group` is a fingerprint."""

    q: str | None = Field(None, max_length=200, description="order or event id, or a group")
    state: LetterState | None = None
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


class DeadLetterDetail(DeadLetterSummary):
    """One dead letter whole; the body and the headers are masked where they look like a secret."""

    place: str
    key: str | None
    value: str | None
    headers: list[tuple[str, str | None]]
    stack: str | None
    kcat: str
    order_status: str | None


class Group(Model):
    """Equal failures: the same error raised by the same code. The unit of work for whoever repairs."""

    fingerprint: str
    service: str
    error_class: str | None
    error_message: str | None
    original_topic: str
    open: int
    total: int
    orders: int
    first_at: datetime
    last_at: datetime
    note: str | None
    noted_by: str | None
    came_back: bool = Field(description="all of it had been replayed or discarded, and then it failed anew")


class Groups(Model):
    """All groups that have a letter in the wanted state, the newest failure first."""

    items: list[Group]


class LetterSelection(Model):
    """Which letters are meant: by id, by group or by filter; all that is given must hold."""

    ids: list[UUID] = Field(default_factory=list, max_length=IDS_MAX)
    group: str | None = None
    service: str | None = None
    topic: str | None = Field(None, description="the original topic")
    error: str | None = Field(None, description="the error's class")
    order_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    state: LetterState | None = Field(None, description="absent: open, or whatever the ids name")

    @model_validator(mode="after")
    def _means_something(self) -> "LetterSelection":
        named = (self.ids, self.group, self.service, self.topic, self.error, self.order_id, self.since, self.until)
        if not any(named):
            raise ValueError("name letters by ids, group or a filter")
        return self

    def selection(self, default: State | None = State.OPEN) -> Selection:
        """As the library takes it; `default` is the state where none is named and no ids are."""
        state = State(self.state) if self.state else None if self.ids else default
        return Selection(
            ids=tuple(self.ids),
            fingerprint=self.group,
            service=self.service,
            topic=self.topic,
            error=self.error,
            order_id=self.order_id,
            since=self.since,
            until=self.until,
            state=state,
        )


class LetterAct(LetterSelection):
    """Discard or restore these letters."""

    dry_run: bool = False
    reason: str = Field("", max_length=500)


class ReplayRequest(LetterAct):
    """Replay these letters, at most so many a second. The job stops by itself when too many come back."""

    rate_per_s: float = Field(50, ge=RATE_PER_S_MIN, le=1000)
    stop_after: int = Field(10, ge=1, le=1000, description="letters that failed again")


class EditRequest(Model):
    """Replay one letter with another body. Only fields that could not be read may differ: an amount in its spelling
    alone, an id, a status or a currency not at all."""

    body: str = Field(max_length=1_000_000)
    dry_run: bool = False
    reason: str = Field("", max_length=500)


class PlannedSending(Model):
    """One message that a replay would send, and what that would change."""

    id: UUID
    from_: str = Field(alias="from")
    topic: str
    key: str | None
    value: str | None
    headers: list[tuple[str, str | None]]
    effect: str
    order_id: UUID | None
    order_status: str | None


class Plan(Model):
    """What a replay would do: counts of all, and the first of the messages."""

    selected: int
    sendable: int
    refused: list[str]
    effects: dict[str, int]
    topics: dict[str, int]
    sendings: list[PlannedSending]


class Acted(Model):
    """How many letters were meant and how many changed; with `dryRun` none did."""

    selected: int
    changed: int
    dry_run: bool


class Note(Model):
    """What is known about a group."""

    note: str = Field(max_length=4000)
    reason: str = Field("", max_length=500)


class Job(Model):
    """A bulk action under way or over. `failed` counts letters that came back as new ones."""

    id: UUID
    kind: str
    actor: str
    reason: str | None
    selection: dict[str, Any]
    state: str
    total: int
    done: int
    failed: int
    report: dict[str, Any]
    created_at: datetime
    touched_at: datetime
    finished_at: datetime | None


class Jobs(Model):
    """The newest bulk actions."""

    items: list[Job]


class ReplayAnswer(Model):
    """With `dryRun` the plan; without, the job that carries it out."""

    plan: Plan | None = None
    job: Job | None = None
