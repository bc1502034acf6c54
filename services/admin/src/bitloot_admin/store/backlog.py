"""What waits for somebody or something: dead letters by group, orders by state."""

from dataclasses import dataclass

from bitloot_common.db import Connection

from bitloot_admin.store.overview import ON_THE_WAY

WAITING = (*ON_THE_WAY, "underpaid", "refund_due")

_LETTERS = """
select service, fingerprint as group, count(*)::int as count, extract(epoch from now() - min(dead_at))::float as age_s
from dead_letters where state = 'open' group by 1, 2 order by 3 desc
"""
# each counted up to a bound, as on the overview: beyond it "very many" says as much
_ORDERS = """
select wanted.status, (
    select count(*) from (select from orders o where o.status = wanted.status limit 100000) counted
)::int as count, (
    select extract(epoch from now() - min(status_since)) from orders o where o.status = wanted.status
)::float as age_s from unnest($1::text[]) as wanted (status)
"""
_DEBTS = """
select count(*)::int as count, coalesce(extract(epoch from now() - min(refund_due_since)), 0)::float as age_s
from orders where refund_due_since is not null
"""


@dataclass(frozen=True, slots=True)
class Letters:
    """Open dead letters of one service and group; `age_s` of the oldest."""

    service: str
    group: str
    count: int
    age_s: float


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders in one state; `age_s`: how long the oldest has been in it, 0 without any."""

    status: str
    count: int
    age_s: float


@dataclass(frozen=True, slots=True)
class Debts:
    """Orders that owe money back, whatever their state; `age_s` of the oldest debt."""

    count: int
    age_s: float


async def letters(connection: Connection) -> list[Letters]:
    """The open dead letters, largest group first."""
    return [Letters(**row) for row in await connection.fetch(_LETTERS)]


async def orders(connection: Connection) -> list[Orders]:
    """Every state that a paid order passes through or stays in."""
    rows = await connection.fetch(_ORDERS, list(WAITING))
    return [Orders(row["status"], row["count"], max(0.0, row["age_s"] or 0.0)) for row in rows]


async def debts(connection: Connection) -> Debts:
    """What the shop owes to customers."""
    row = await connection.fetchrow(_DEBTS)
    assert row is not None, "an aggregate has a row"
    return Debts(row["count"], max(0.0, row["age_s"]))
