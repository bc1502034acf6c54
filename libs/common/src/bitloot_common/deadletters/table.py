"""The `dead_letters` table: admin's memory of them, which outlives the topics' retention.

Every act is a guarded update and an audit row in one transaction: of two operators one wins, the other is told.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from bitloot_common.db import Connection
from bitloot_common.deadletters.letter import DeadLetter, State, storable
from bitloot_common.deadletters.selection import Selection

LIMIT_MAX = 100_000


class TooMany(Exception):
    """More letters than one act takes: none is left out in silence."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count} dead letters, more than the {LIMIT_MAX} that are taken at once: narrow it, the oldest first"
            " (until), or by service, topic, fingerprint or error"
        )


_INSERT = """
insert into dead_letters (
    id, service, dlt_topic, dlt_partition, dlt_offset, original_topic, original_partition, original_offset,
    original_timestamp, key, value, headers, event_id, event_type, order_id, attempts, error_class,
    error_message, fingerprint, first_failed_at, dead_at
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
on conflict do nothing
"""

_MARK = """
with marked as (
    update dead_letters
    set state = $2, state_at = now(), state_by = $3, state_reason = $4,
        replays = replays + case when $2 = 'replayed' then 1 else 0 end
    where id = any($1) and state = any($5)
    returning id, dlt_topic, dlt_partition, dlt_offset, event_id
), audited as (
    insert into audit_log (actor, action, target, reason, detail)
    select $3, $6, 'dead_letter:' || id, $4, $7::jsonb || jsonb_build_object(
        'place', dlt_topic || '/' || dlt_partition || '/' || dlt_offset, 'eventId', event_id
    )
    from marked
)
select id from marked
"""


async def index(connection: Connection, letters: Iterable[DeadLetter]) -> None:
    """Remembers `letters`; those known already stay as they are."""
    await connection.executemany(_INSERT, [_row(letter) for letter in letters])


async def find(connection: Connection, selection: Selection, *, limit: int = 100) -> list[DeadLetter]:
    """The letters that `selection` means, newest first."""
    where, arguments = selection.where()
    rows = await connection.fetch(
        f"select * from dead_letters where {where} order by dead_at desc, id limit {int(min(limit, LIMIT_MAX))}",  # noqa: S608
        *arguments,
    )
    return [DeadLetter.from_row(dict(row)) for row in rows]


async def all_of(connection: Connection, selection: Selection) -> list[DeadLetter]:
    """As `find`, whole. Raises TooMany."""
    letters = await find(connection, selection, limit=LIMIT_MAX)
    if len(letters) == LIMIT_MAX and (there := await count(connection, selection)) > LIMIT_MAX:
        raise TooMany(there)
    return letters


async def with_states(connection: Connection, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
    """`letters`, as read from a topic, with what has become of those that the table knows."""
    rows = await connection.fetch(
        "select id, state, state_at, state_by, state_reason, replays from dead_letters where id = any($1::uuid[])",
        [letter.id for letter in letters],
    )
    known = {row["id"]: dict(row) | {"state": State(row["state"])} for row in rows}
    return [replace(letter, **known.get(letter.id, {})) for letter in letters]


async def count(connection: Connection, selection: Selection) -> int:
    """How many letters `selection` means."""
    where, arguments = selection.where()
    return int(await connection.fetchval(f"select count(*) from dead_letters where {where}", *arguments))  # noqa: S608


async def handled(connection: Connection, letters: Sequence[DeadLetter]) -> set[UUID]:
    """Those of `letters` whose event has taken effect since: the inbox of their service has it."""
    rows = await connection.fetch(
        "select d.id from unnest($1::uuid[], $2::text[], $3::text[]) as d (id, service, event_id)"
        " join inbox i on i.event_id = d.event_id"
        " and (i.consumer = d.service or starts_with(i.consumer, d.service || '.'))",
        [letter.id for letter in letters],
        [letter.service for letter in letters],
        [storable(letter.event_id) for letter in letters],
    )
    return {row["id"] for row in rows}


async def order_statuses(connection: Connection, letters: Sequence[DeadLetter]) -> dict[UUID, str]:
    """The status of each letter's order."""
    ids = list({letter.order_id for letter in letters if letter.order_id})
    rows = await connection.fetch("select id, status from orders where id = any($1::uuid[])", ids)
    return {row["id"]: row["status"] for row in rows}


async def away(connection: Connection) -> dict[str, list[str]]:
    """What each service cannot reach now, as admin has last heard of it."""
    rows = await connection.fetch(
        "select service, array_agg(dependency) as away from outages where ended_at is null group by service"
    )
    return {row["service"]: row["away"] for row in rows}


async def mark_replayed(
    connection: Connection, ids: Iterable[UUID], *, actor: str, reason: str | None, detail: dict[str, object]
) -> set[UUID]:
    """Notes that `ids` were put back on their topics. A letter may be replayed again; each time is audited."""
    return await _mark(connection, ids, State.REPLAYED, actor, reason, tuple(State), "dead_letter.replayed", detail)


async def discard(connection: Connection, ids: Iterable[UUID], *, actor: str, reason: str | None) -> set[UUID]:
    """Says that nobody will replay `ids`. Returns those that were open until now."""
    return await _mark(connection, ids, State.DISCARDED, actor, reason, (State.OPEN,), "dead_letter.discarded", {})


async def restore(connection: Connection, ids: Iterable[UUID], *, actor: str, reason: str | None) -> set[UUID]:
    """Takes a discard back. Returns those that were discarded until now."""
    return await _mark(connection, ids, State.OPEN, actor, reason, (State.DISCARDED,), "dead_letter.restored", {})


async def _mark(
    connection: Connection,
    ids: Iterable[UUID],
    state: State,
    actor: str,
    reason: str | None,
    allowed: Sequence[State],
    action: str,
    detail: dict[str, object],
) -> set[UUID]:
    rows = await connection.fetch(_MARK, list(ids), state, actor, reason, list(allowed), action, detail)
    return {row["id"] for row in rows}


def _row(letter: DeadLetter) -> tuple[object, ...]:
    return (
        letter.id,
        letter.service,
        letter.dlt_topic,
        letter.dlt_partition,
        letter.dlt_offset,
        storable(letter.original_topic),
        letter.original_partition,
        letter.original_offset,
        letter.original_timestamp,
        letter.key,
        letter.value,
        letter.headers_as_json(),
        storable(letter.event_id),
        storable(letter.event_type),
        letter.order_id,
        letter.attempts,
        storable(letter.error_class),
        storable(letter.error_message),
        storable(letter.fingerprint),
        letter.first_failed_at,
        letter.dead_at,
    )
