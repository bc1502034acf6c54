"""Ingress's SQL: webhooks. (Orders and payments: `checkout_store.py`.)"""

from collections.abc import Sequence
from datetime import datetime
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

# Log row and outbox row of up to a batch, one statement, one commit, one fsync. The conflict target decides what
# is first; the outbox rows are those of the rows that are new. Outbox rows go in by their time-ordered id, so
# that sorting by unique key (for the locks) does not change the order of publication.
INSERT_WEBHOOKS: Final = """
with incoming as materialized (
    select * from unnest(
        $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[],
        $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[]
    ) as t(id, provider, external_id, event_type, order_id, payment_id, reservation_id, headers, body,
           source_address, secret_id, trace_id, outcome, reason, topic, key, event_headers)
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
    select id, $18, $19, topic, key, event_headers::jsonb, body
    from incoming join logged using (id) where topic is not null order by id
)
select id from logged
"""

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


async def prepare(connection: OwnConnection) -> None:
    """Makes sure that the tables are there and that this role may write them, before anything is promised."""
    await connection.prepare(INSERT_WEBHOOKS)


async def insert_webhooks(statement: Statement, outbox: Outbox, items: Sequence[Item]) -> set[UUID]:
    """Commits `items`, sorted by unique key and without copies. Returns the ids of those that are new."""
    inserted = await statement.fetch(
        [item.id for item in items],
        [item.provider for item in items],
        [item.external_id for item in items],
        [item.event_type for item in items],
        [item.order_id for item in items],
        [item.payment_id for item in items],
        [item.reservation_id for item in items],
        [item.headers for item in items],
        [item.body for item in items],
        [item.source_address for item in items],
        [item.secret_id for item in items],
        [item.trace_id for item in items],
        [item.outcome for item in items],
        [item.reason for item in items],
        [item.topic for item in items],
        [item.key for item in items],
        [item.event_headers for item in items],
        outbox.service,
        outbox.instance,
    )
    return {row[0] for row in inserted}


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
