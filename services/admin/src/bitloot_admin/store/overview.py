"""The overview's numbers. Everything is bounded by an index range: the last day, or what waits now."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import asyncpg
from bitloot_common.db import Connection, Pool

from bitloot_admin.models.overview import Hour, Overview, Waiting
from bitloot_admin.store.times import id_floor

ON_THE_WAY = ("paid", "reserving", "reserved", "given", "delivered", "partly_delivered", "stored")
_WAS_PAID = (*ON_THE_WAY, "fulfilled", "partly_fulfilled", "refund_due")

_HOURS = """
select date_trunc('hour', created_at) as at, count(*) as orders,
    count(*) filter (where status = any($2::text[])) as paid,
    coalesce(sum(amount) filter (where status = any($2::text[])), 0) as revenue, max(currency) as currency
from orders where id >= $1 group by 1 order by 1
"""
# counted up to a bound each: a number beyond it says "very many" as well
_ON_THE_WAY = """
select wanted.status, (
    select count(*) from (select from orders o where o.status = wanted.status limit 100000) counted
) as orders, (
    select min(status_since) from orders o where o.status = wanted.status
) as since from unnest($1::text[]) as wanted (status)
"""
_OLDEST = (
    "select id as order_id, status, status_since as since from orders where status = $1 order by status_since limit 1"
)
_LATENCY = """
select count(*) as counted, percentile_cont(array[0.5, 0.99]) within group (
    order by extract(epoch from d.mailed_at - paid.settled_at)::float8
) as seconds
from deliveries d
cross join lateral (select min(p.settled_at) as settled_at from payments p where p.order_id = d.order_id) paid
where d.id >= $1 and d.purpose = 'keys' and d.sequence = 1 and d.mailed_at is not null and paid.settled_at is not null
"""
# not by status: who paid twice is owed money and has his key
_OWED = """
select count(*) as orders, coalesce(sum(refund_due), 0) as amount from orders where refund_due_since is not null
"""
_LETTERS = """
select service, count(*) as letters, min(dead_at) as oldest from dead_letters where state = 'open' group by service
"""


async def read(pool: Pool) -> Overview:
    """The numbers as they are now."""
    now = datetime.now(UTC)
    day = id_floor(now - timedelta(hours=24))
    async with pool.acquire() as connection:
        hours = await connection.fetch(_HOURS, day, list(_WAS_PAID))
        waiting = await connection.fetch(_ON_THE_WAY, list(ON_THE_WAY))
        latency = await connection.fetchrow(_LATENCY, day)
        owed = await connection.fetchrow(_OWED)
        letters = await connection.fetch(_LETTERS)
        fulfilled = await connection.fetchval(
            "select count(*) from orders where status = 'fulfilled' and status_since >= $1", now - timedelta(hours=24)
        )
        underpaid = await connection.fetchval(
            "select count(*) from (select from orders where status = 'underpaid' limit 100000) counted"
        )
        orphaned = await connection.fetchval(
            "select count(*) from (select from payments where order_id is null limit 100000) counted"
        )
        oldest = await _oldest(connection, waiting)
    assert latency is not None, "an aggregate has a row"
    assert owed is not None, "an aggregate has a row"
    p50, p99 = latency["seconds"] or (None, None)
    return Overview(
        at=now,
        currency=hours[-1]["currency"] if hours else "EUR",
        hours=_all_hours(now, hours),
        on_the_way={row["status"]: row["orders"] for row in waiting},
        oldest_waiting=oldest,
        fulfilled=fulfilled,
        latency_p50_s=p50,
        latency_p99_s=p99,
        latency_count=latency["counted"],
        refund_due=owed["orders"],
        refund_due_amount=owed["amount"],
        underpaid=underpaid,
        orphaned_payments=orphaned,
        dead_letters={row["service"]: row["letters"] for row in letters},
        oldest_dead_letter_at=min((row["oldest"] for row in letters), default=None),
    )


async def _oldest(connection: Connection, waiting: list[asyncpg.Record]) -> Waiting | None:
    since = {row["status"]: row["since"] for row in waiting if row["since"] is not None}
    if not since:
        return None
    row = await connection.fetchrow(_OLDEST, min(since, key=lambda status: since[status]))
    return Waiting.model_validate(dict(row)) if row else None


def _all_hours(now: datetime, rows: list[asyncpg.Record]) -> list[Hour]:
    """24 hours, the current one last; those without an order too."""
    found = {row["at"]: row for row in rows}
    this = now.replace(minute=0, second=0, microsecond=0)
    hours = []
    for back in range(23, -1, -1):
        at = this - timedelta(hours=back)
        row = found.get(at)
        hours.append(
            Hour(
                at=at,
                orders=row["orders"] if row else 0,
                paid=row["paid"] if row else 0,
                revenue=row["revenue"] if row else Decimal(0),
            )
        )
    return hours


async def open_dead_letters(pool: Pool) -> int:
    """How many wait for somebody."""
    count: int = await pool.fetchval(
        "select count(*) from (select from dead_letters where state = 'open' limit 10000) counted"
    )
    return count
