"""Ingress's SQL: webhooks. (Orders and payments: `checkout_store.py`.)"""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import asyncpg
from bitloot_common.db import Connection, OwnConnection, Pool
from bitloot_common.outbox import Outbox
from bitloot_common.relay import SETTLE

from bitloot_ingress.sink import Item

if TYPE_CHECKING:
    Statement = asyncpg.prepared_stmt.PreparedStatement[asyncpg.Record]
else:
    Statement = Any

# A column of texts travels as one text: asyncpg asks of every element of an array whether it is an array too, and
# for these fifteen columns that took as long as the rest of the statement.
_SEPARATOR: Final = "\x1f"
_NULL: Final = "\x1e"
_TEXTS: Final = (
    "provider external_id event_type order_id payment_id reservation_id headers source_address secret_id trace_id"
    " outcome reason topic key event_headers"
).split()
_READ_TEXTS: Final = [attrgetter(name) for name in _TEXTS]
_UNNESTED: Final = ", ".join(f"string_to_array(${number}, chr(31), chr(30))" for number in range(5, 5 + len(_TEXTS)))

# Log row and outbox row of up to a batch, one statement, one commit, one fsync. The conflict target decides what
# is first; the outbox rows are those of the rows that are new. Outbox rows go in by their time-ordered id, so
# that sorting by unique key (for the locks) does not change the order of publication.
INSERT_WEBHOOKS: Final = f"""
with incoming as materialized (
    select * from unnest(string_to_array($1, chr(31))::uuid[], $2::bytea[], {_UNNESTED})
        as t(id, body, {", ".join(_TEXTS)})
), logged as (
    insert into webhook_logs (id, provider, external_id, event_type, order_id, payment_id, reservation_id, headers,
        body, source_address, secret_id, trace_id, outcome, reason)
    select id, provider, external_id, event_type, order_id, payment_id, reservation_id, headers::jsonb,
        body, source_address, secret_id, trace_id, outcome, reason
    from incoming
    on conflict (provider, external_id, event_type) do nothing
    returning id
), published as (
    insert into outbox (id, service, instance, topic, key, headers, value)
    select id, $3, $4, topic, key, event_headers::json, body
    from incoming join logged using (id) where topic is not null order by id
)
select id from logged
"""  # noqa: S608  (of constants)

# What the relay runs when a batch is on its topics: the rows go, and each webhook's log learns where it went.
SETTLE_AND_NOTE_POSITION: Final = f"""
with gone as ({SETTLE})
update webhook_logs w set topic = p.topic, "partition" = p."partition", "offset" = p."offset"
from unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[]) as p(id, topic, "partition", "offset")
where w.id = p.id
"""  # noqa: S608  (two constants)

_ADD_DUPLICATES: Final = """
with seen as materialized (
    select w.id, w.provider, w.external_id, w.event_type, s.count, s.at
    from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::timestamptz[])
        as s(provider, external_id, event_type, count, at)
    join webhook_logs w using (provider, external_id, event_type)
    for no key update of w skip locked
)
update webhook_logs w
set duplicates = w.duplicates + seen.count, last_seen_at = greatest(w.last_seen_at, seen.at)
from seen where w.id = seen.id
returning seen.provider, seen.external_id, seen.event_type
"""

# The owner's function (migration 0011): this role may not update a body.
_REMOVE_BODIES: Final = "select remove_webhook_bodies(make_interval(days => $1), $2)"


async def prepare(connection: OwnConnection) -> Statement:
    """The statement that inserts webhooks; with it we know that the tables are there and that this role may write
    them, before anything is promised."""
    return await connection.prepare(INSERT_WEBHOOKS)


async def insert_webhooks(statement: Statement, outbox: Outbox, items: Sequence[Item]) -> set[UUID]:
    """Commits `items`, sorted by unique key and without copies. Returns the ids of those that are new."""
    inserted = await statement.fetch(
        _SEPARATOR.join([str(item.id) for item in items]),
        [item.body for item in items],
        outbox.service,
        outbox.instance,
        *[_column(list(map(read, items))) for read in _READ_TEXTS],
    )
    return {row[0] for row in inserted}


def _column(values: list[str | None]) -> str:
    """`values`, none of them empty, as one text for `string_to_array`. Control characters do not occur in them;
    should they, they are lost, not taken for borders."""
    text = _SEPARATOR.join([_NULL if value is None else value for value in values])
    if text.count(_SEPARATOR) == len(values) - 1:
        return text
    return _SEPARATOR.join([_NULL if value is None else value.replace(_SEPARATOR, " ") for value in values])


async def add_duplicates(
    pool: Pool, seen: Sequence[tuple[tuple[str, str, str], int, datetime]]
) -> set[tuple[str, str, str]]:
    """Adds to the counters. Returns which were written; rows that somebody has locked were not."""
    written = await pool.fetch(
        _ADD_DUPLICATES,
        [key[0] for key, _, _ in seen],
        [key[1] for key, _, _ in seen],
        [key[2] for key, _, _ in seen],
        [count for _, count, _ in seen],
        [at for _, _, at in seen],
    )
    return {tuple(row) for row in written}


async def remove_bodies(connection: Connection, *, keep_days: int, limit: int) -> int:
    """Takes away body, headers and sender's address of what is older, oldest first. Returns of how many.

    0 also while another instance is at it.
    """
    removed: int = await connection.fetchval(_REMOVE_BODIES, keep_days, limit)
    return removed
