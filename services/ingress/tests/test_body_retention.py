"""Raw bodies end after their days, through ingress's own role; what tells a copy from a first stays."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from bitloot_ingress.retention import remove_old_bodies
from eventually import eventually

from .conftest import Start, Topic
from .ipns import payment_id, raw_ipn, signed

Sql = Any  # an asyncpg connection of the owner
Reader = Callable[[str], Awaitable[Topic]]
KEEP_DAYS = 90

# a webhook of so many days ago, its id a UUIDv7 of that time
_LOGGED = """
insert into webhook_logs (id, provider, external_id, event_type, headers, body, source_address, outcome, received_at)
select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7'
        || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid,
       'nowpayments', 'age:' || days || ':' || gen_random_uuid(), 'finished', '{"x-forwarded-for": "192.0.2.1"}',
       'body', '192.0.2.1', 'accepted', at
from unnest($1::int[]) days, lateral (select now() - make_interval(days => days) as at) ages
"""
_BODILESS = """
select array_agg(split_part(external_id, ':', 2)::int order by id) from webhook_logs
where body is null and headers = '{}' and source_address is null and body_removed_at is not null
"""


@pytest.fixture
async def empty(sql: Sql) -> None:
    """No webhook yet, and nothing removed."""
    await sql.execute("delete from webhook_logs")
    await sql.execute("update retention set until = $1", UUID(int=0))


@pytest.fixture
async def pool(database: Any) -> AsyncIterator[Any]:
    async with asyncpg.create_pool(database.url_of("ingress"), min_size=1, max_size=4) as pool:
        yield pool


async def test_old_bodies_go_and_young_ones_stay(pool: Any, sql: Sql, empty: None) -> None:
    await sql.execute(_LOGGED, [0, KEEP_DAYS - 1, KEEP_DAYS + 1, KEEP_DAYS + 2, 400])
    assert await remove_old_bodies(pool, KEEP_DAYS, batch=2) == 3
    assert await sql.fetchval(_BODILESS) == [400, KEEP_DAYS + 2, KEEP_DAYS + 1]
    kept = await sql.fetch("select body, headers, source_address from webhook_logs where body_removed_at is null")
    assert {tuple(row) for row in kept} == {(b"body", '{"x-forwarded-for": "192.0.2.1"}', "192.0.2.1")}
    assert len(kept) == 2
    assert await remove_old_bodies(pool, KEEP_DAYS, batch=2) == 0
    # fewer days from now on: what has become old by that goes too
    assert await remove_old_bodies(pool, KEEP_DAYS - 2, batch=2) == 1


async def test_what_came_within_a_day_stays_whatever_is_asked(pool: Any, sql: Sql, empty: None) -> None:
    await sql.execute(_LOGGED, [0, 2])
    assert await remove_old_bodies(pool, 0) == 1
    assert await sql.fetchval(_BODILESS) == [2]


async def test_several_instances_at_once_leave_none_out(pool: Any, sql: Sql, empty: None) -> None:
    await sql.execute(_LOGGED, [KEEP_DAYS + 1 + number % 50 for number in range(400)])
    counts = await asyncio.gather(*(remove_old_bodies(pool, KEEP_DAYS, batch=7) for _ in range(4)))
    assert sum(counts) == 400
    assert len(await sql.fetchval(_BODILESS)) == 400


async def test_a_copy_of_a_webhook_without_its_body_is_still_a_copy(
    start_ingress: Start, http: httpx.AsyncClient, sql: Sql, reader: Reader, empty: None
) -> None:
    topic = await reader("payments.ipn")
    first = await start_ingress()
    raw = raw_ipn(payment_id=payment_id(), order_id=str(uuid4()))
    assert (await http.post(f"{first.url}/payments/ipn", content=raw, headers=signed(raw))).status_code == 200
    event_id = await sql.fetchval("select id from webhook_logs")
    await topic.holds({str(event_id)})
    await sql.execute(_LOGGED, [KEEP_DAYS + 1])
    aged = await sql.fetchval("delete from webhook_logs where external_id like 'age:%' returning id")
    await sql.execute("update webhook_logs set id = $1", aged)

    second = await start_ingress()  # removes when it starts, then every hour

    async def removed() -> bool:
        gone: bool = await sql.fetchval("select body is null from webhook_logs")
        return gone

    await eventually(removed, "the old body removed")
    assert (await http.post(f"{second.url}/payments/ipn", content=raw, headers=signed(raw))).status_code == 200

    async def counted() -> bool:
        copies: int = await sql.fetchval("select duplicates from webhook_logs")
        return copies == 1

    await eventually(counted, "the copy counted")
    assert [tuple(row) for row in await sql.fetch("select id, body from webhook_logs")] == [(aged, None)]
    assert await sql.fetchval("select count(*) from outbox") == 0
    assert [record.value for record in await topic.read()].count(raw) == 1
