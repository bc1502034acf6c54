"""A 200 is a promise: kept through kill -9, through Kafka's absence and through PostgreSQL's.

`load.py` holds the journal of every answer; each test compares it with the table and the topic.
"""
# ruff: noqa: T201  (the tally is the point)

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import psutil
import pytest
from eventually import eventually

from .conftest import Ingress, Start, Topic, suspended
from .load import Load, assert_kept

Sql = Any  # an asyncpg connection of the owner
Reader = Callable[[str], Awaitable[Topic]]

pytestmark = pytest.mark.timeout(900)

KILLS = 20
KAFKA_AWAY_S = 30
POSTGRES_HELD_S = 10
# NOWPayments gives up at 3 s; ours is 2.5 s, and the rest is for a busy machine
ANSWER_S_MAX = 3.0


@pytest.fixture
async def topic(reader: Reader) -> Topic:
    return await reader("payments.ipn")


async def emptied(sql: Sql) -> None:
    """The relay has published and deleted everything."""

    async def empty() -> bool:
        left: int = await sql.fetchval("select count(*) from outbox")
        return left == 0

    await eventually(empty, "an empty outbox", 90)


async def test_kill_nine(ingress: Ingress, sql: Sql, topic: Topic) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    async with Load(ingress.url) as load:
        for _ in range(KILLS):
            await load.promised(chance.randrange(20, 200))
            ingress.kill()
            await ingress.start()
        await load.promised(50)
    await emptied(sql)
    print(f"seed {seed}:", await assert_kept(load.journal, sql, topic))
    assert "Traceback" not in ingress.log()


async def test_kafka_away_for_half_a_minute(
    ingress: Ingress, sql: Sql, topic: Topic, own_servers: Any, http: httpx.AsyncClient
) -> None:
    async with Load(ingress.url) as load:
        await load.promised(50)
        await asyncio.to_thread(own_servers.stop, "kafka")
        refused = load.journal.refused
        await asyncio.sleep(KAFKA_AWAY_S)
        await load.promised(50)
        assert load.journal.refused == refused, "200 as ever"
        ready = await http.get(f"{ingress.url}/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        await asyncio.to_thread(own_servers.start, "kafka")
        await load.promised(50)
    await emptied(sql)
    print(await assert_kept(load.journal, sql, topic))

    async def ready_again() -> bool:
        status: str = (await http.get(f"{ingress.url}/readyz")).json()["status"]
        return status == "ready"

    await eventually(ready_again, "ready again")


async def test_postgres_held(
    ingress: Ingress, sql: Sql, topic: Topic, own_servers: Any, http: httpx.AsyncClient
) -> None:
    postmaster = psutil.Process(own_servers.pid("postgres"))
    async with Load(ingress.url) as load:
        await load.promised(50)
        before = load.journal.refused
        with suspended([postmaster.pid, *(child.pid for child in postmaster.children(recursive=True))]):
            await asyncio.sleep(POSTGRES_HELD_S / 2)
            answer = await http.post(f"{ingress.url}/orders", json={"email": "a@example.com", "productId": "demo"})
            assert answer.status_code == 503
            assert (await http.get(f"{ingress.url}/readyz")).status_code == 503
            assert (await http.get(f"{ingress.url}/healthz")).status_code == 200
            await asyncio.sleep(POSTGRES_HELD_S / 2)
        assert load.journal.refused > before + 50, "503 at once, no pile-up"
        await load.promised(50)
        assert load.journal.slowest_s < ANSWER_S_MAX
    await emptied(sql)
    print(f"slowest answer {load.journal.slowest_s:.2f} s:", await assert_kept(load.journal, sql, topic))


async def test_postgres_restarted(ingress: Ingress, database: Any, topic: Topic, own_servers: Any) -> None:
    async with Load(ingress.url) as load:
        await load.promised(50)
        await asyncio.to_thread(own_servers.kill, "postgres")
        await asyncio.sleep(1)
        await asyncio.to_thread(own_servers.start, "postgres")
        await load.promised(200)
    sql = await asyncpg.connect(database.url)
    await emptied(sql)
    print(await assert_kept(load.journal, sql, topic))
    await sql.close()


async def test_a_stop_drains(start_ingress: Start, sql: Sql, topic: Topic) -> None:
    ingress = await start_ingress()
    load = Load(ingress.url)
    async with load:
        await load.promised(100)
        stopping = asyncio.create_task(asyncio.to_thread(ingress.stop))
        await stopping
        for task in load._tasks:
            task.cancel()
        load._tasks.clear()
    assert await sql.fetchval("select count(*) from outbox") == 0
    print(await assert_kept(load.journal, sql, topic))
