"""Reads dead letters. What is done to them is done by `bitloot_common.deadletters`, as from the command line."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bitloot_common.db import Connection, Pool
from bitloot_common.deadletters import DeadLetter, Selection, table

from bitloot_admin.models.dead_letters import DeadLetterFilter, DeadLetterSummary, Group
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.search import Term
from bitloot_admin.store.listing import Listing, fetch_page

COLUMNS = """
id, service, fingerprint as "group", original_topic, original_partition, original_offset, event_id, event_type,
order_id, attempts, error_class, error_message, first_failed_at, dead_at, state, state_at, state_by, state_reason,
replays
"""

_GROUPS = """
select d.fingerprint, min(d.service) as service, (array_agg(d.error_class order by d.dead_at desc))[1] as error_class,
    (array_agg(d.error_message order by d.dead_at desc))[1] as error_message,
    (array_agg(d.original_topic order by d.dead_at desc))[1] as original_topic,
    count(*) filter (where d.state = 'open') as open, count(*) as total, count(distinct d.order_id) as orders,
    min(d.dead_at) as first_at, max(d.dead_at) as last_at, g.note, g.noted_by,
    coalesce(
        min(d.dead_at) filter (where d.state = 'open') > max(d.state_at) filter (where d.state <> 'open'), false
    ) as came_back
from dead_letters d left join dead_letter_groups g using (fingerprint)
where d.fingerprint in (select w.fingerprint from dead_letters w where $1::text is null or w.state = $1)
    and ($2::text is null or d.fingerprint = $2)
group by d.fingerprint, g.note, g.noted_by order by max(d.dead_at) desc limit 200
"""


def listing(wanted: DeadLetterFilter) -> Listing:
    """The dead letters that `wanted` names, newest first unless it says otherwise."""
    order = [("dead_at", "timestamptz"), ("id", "uuid")]
    found = Listing(COLUMNS, "dead_letters", order=order, descending=wanted.sort.startswith("-"))
    if term := Term.of(wanted.q):
        if term.uuid:
            found.where("(order_id = ? or id = ? or event_id = ?)", term.uuid, term.uuid, term.text)
        else:
            found.where("(fingerprint = ? or event_id = ?)", term.text, term.text)
    if wanted.state:
        found.where("state = ?", wanted.state)
    if wanted.group:
        found.where("fingerprint = ?", wanted.group)
    if wanted.service:
        found.where("service = ?", wanted.service)
    if wanted.order_id:
        found.where("order_id = ?", wanted.order_id)
    return found


async def list_dead_letters(pool: Pool, wanted: DeadLetterFilter, page: PageRequest) -> Page[DeadLetterSummary]:
    """One page of dead letters."""
    return await fetch_page(pool, listing(wanted), page, DeadLetterSummary)


async def groups(pool: Pool, state: str | None, fingerprint: str | None = None) -> list[Group]:
    """The groups that have a letter in `state` (None: any), the newest failure first."""
    rows = await pool.fetch(_GROUPS, state, fingerprint)
    return [Group.model_validate(dict(row)) for row in rows]


async def find(connection: Connection, letter_id: UUID) -> DeadLetter | None:
    """One letter whole."""
    found = await table.find(connection, Selection(ids=(letter_id,)))
    return found[0] if found else None


async def write_note(connection: Connection, fingerprint: str, note: str, actor: str) -> None:
    """Replaces what is known about a group."""
    await connection.execute(
        "insert into dead_letter_groups (fingerprint, note, noted_by) values ($1, $2, $3) "
        "on conflict (fingerprint) do update set note = excluded.note, noted_by = excluded.noted_by, noted_at = now()",
        fingerprint,
        note,
        actor,
    )


async def count_come_back(pool: Pool, event_ids: Sequence[str], letters: Sequence[UUID], since: datetime) -> int:
    """How many of these events have died again since, whatever became of them then; the `letters` themselves do
    not count, whose services' clocks may be ahead."""
    count: int = await pool.fetchval(
        "select count(*) from dead_letters where dead_at >= $1 and event_id = any($2::text[]) and id <> all($3)",
        since,
        list(event_ids),
        list(letters),
    )
    return count
