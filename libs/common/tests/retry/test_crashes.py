"""The failure matrix's hard rows: processes killed, the broker gone, partitions and services changing hands.

Each row ends the same way: every order took effect once, none is lost, nothing is a dead letter; and what failed, and
nothing else, went up one step with headers that tell where it was and why.
"""

import asyncio
import json
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from bitloot_common.inbox import first_time
from bitloot_common.retry import Ladder, Limits, Message, Transient
from bitloot_local.pytest_plugin import Database
from bitloot_local.system import System
from eventually import eventually

from .harness import Family, Order, story
from .worker import Settings

Families = Callable[..., Awaitable[Family]]
WORKER = Path(__file__).with_name("worker.py")


class Effects:
    """What was done, in the database: an order's effect is a row, twice done is two rows."""

    def __init__(self, pool: "asyncpg.Pool[Any]", url: str) -> None:
        self.pool = pool
        self.url = url

    async def of(self, service: str, message: Message[Order]) -> None:
        """The effect and its inbox row, in one transaction."""
        async with self.pool.acquire() as connection, connection.transaction():
            if await first_time(connection, service, message.id):
                await connection.execute("insert into effects values ($1, $2)", message.id, message.attempt)

    async def done(self) -> dict[str, int]:
        """The attempt at which each order took effect. Fails when one did so twice."""
        rows = await self.pool.fetch("select event_id, attempt from effects")
        assert len({row[0] for row in rows}) == len(rows), "an order took effect twice"
        return {row["event_id"]: row["attempt"] for row in rows}


@pytest.fixture
async def effects(database: Database) -> AsyncIterator[Effects]:
    async with asyncpg.create_pool(database.url, min_size=1, max_size=8) as pool:
        await pool.execute("create table if not exists effects (event_id text, attempt int)")
        yield Effects(pool, database.url)
        await pool.execute("truncate effects, inbox")


@pytest.fixture
def start_worker() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(shop: Family, effects: Effects, **options: Any) -> subprocess.Popen[bytes]:
        settings = Settings(
            shop.bootstrap_servers, shop.service, shop.topic, list(shop.delays_s), effects.url, **options
        )
        process = subprocess.Popen([sys.executable, str(WORKER), json.dumps(asdict(settings))])
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


Starter = Callable[..., subprocess.Popen[bytes]]


async def send(shop: Family, *numbers: int) -> set[str]:
    """Orders with an id each; returns the ids."""
    for number in numbers:
        await shop.send(number, headers=[("ce_id", f"e{number}".encode())])
    return {f"e{number}" for number in numbers}


async def all_done(effects: Effects, ids: set[str], deadline_s: float = 60) -> dict[str, int]:
    async def done() -> dict[str, int] | None:
        found = await effects.done()
        return found if set(found) == ids else None

    found: dict[str, int] = await eventually(done, deadline_s=deadline_s)
    return found


async def in_good_order(shop: Family, failed: set[str]) -> None:
    """No dead letter; on the step the `failed` ones and no other (perhaps repeated), each telling its story."""
    assert await shop.records(shop.dlt) == []
    steps = [story(record) for record in await shop.records(f"{shop.service}.retry.1s")]
    assert {told["ce_id"] for told in steps} == failed
    originals = {story(record)["ce_id"]: record for record in await shop.records(shop.topic)}
    for told in steps:
        original = originals[told["ce_id"]]
        place = (told["kafka_original-topic"], told["kafka_original-partition"], told["kafka_original-offset"])
        assert place == (shop.topic, str(original.partition), str(original.offset))
        assert told["kafka_original-timestamp"] == str(original.timestamp)
        assert (told["bitloot-subscription"], told["kafka_dlt-original-consumer-group"]) == (shop.topic, shop.service)
        assert (told["bitloot-attempt"], told["bitloot-kind"]) == ("1", "transient")
        assert told["kafka_exception-message"] == "first attempt"
        assert int(told["bitloot-due-at"]) >= int(told["bitloot-failed-at"]) + 1_000
        assert told["bitloot-first-failed-at"] == told["bitloot-failed-at"]


@pytest.mark.parametrize("point", ["before_work", "after_work", "before_forward", "after_forward"])
async def test_killed_at_a_point(family: Families, effects: Effects, start_worker: Starter, point: str) -> None:
    shop = await family(1)
    failing = 1 if point.endswith("forward") else 0
    ids = await send(shop, *range(6))
    killed = start_worker(shop, effects, crash=point, failing=failing)
    await eventually(lambda: killed.poll() is not None)
    assert killed.returncode == -signal.SIGKILL
    start_worker(shop, effects, failing=failing)
    found = await all_done(effects, ids)
    assert set(found.values()) == ({2} if failing else {1})
    await in_good_order(shop, ids if failing else set())


async def test_killed_at_random_again_and_again(family: Families, effects: Effects, start_worker: Starter) -> None:
    shop = await family(1)
    ids = await send(shop, *range(200))
    dice = random.Random(4)
    for _ in range(2):
        before = len(await effects.done())
        worker = start_worker(shop, effects, failing=5, work_s=0.02)
        wanted = before + dice.randrange(20, 80)

        async def got_further(wanted: int = wanted) -> bool:
            return len(await effects.done()) >= wanted

        await eventually(got_further)
        worker.kill()
        worker.wait()
    last = start_worker(shop, effects, failing=5)
    found = await all_done(effects, ids)
    assert {found[f"e{n}"] for n in range(0, 200, 5)} == {2}, "what fails first takes effect on its second attempt"
    last.terminate()
    await eventually(lambda: last.poll() is not None)
    assert last.returncode == 0, "SIGTERM ends it in good order"
    await in_good_order(shop, {f"e{n}" for n in range(0, 200, 5)})


@pytest.mark.parametrize("away_s", [0, 15], ids=["for a moment", "for longer than a session"])
async def test_the_broker_is_gone_while_forwarding(
    family: Families, effects: Effects, own_servers: System, away_s: float
) -> None:
    shop = await family(1)
    ladder, broker_is_gone = shop.ladder(), asyncio.Event()
    started: list[str] = []

    @ladder.subscribe(shop.topic, Order, delays_s=(1,))
    async def on_order(message: Message[Order]) -> None:
        if message.attempt == 1:
            started.append(message.id)
            await broker_is_gone.wait()
            raise Transient("first attempt")
        await effects.of(shop.service, message)

    await ladder.start()
    ids = await send(shop, *range(10))
    await eventually(lambda: len(started) == 10)
    await asyncio.to_thread(own_servers.kill, "kafka")
    broker_is_gone.set()
    await asyncio.sleep(away_s)
    assert await effects.done() == {}
    await asyncio.to_thread(own_servers.start, "kafka")
    assert set((await all_done(effects, ids)).values()) == {2}
    await in_good_order(shop, ids)


@pytest.mark.parametrize("in_time", [True, False], ids=["within the limit", "past the limit"])
async def test_a_rebalance_in_the_middle_of_a_handler(family: Families, effects: Effects, in_time: bool) -> None:
    shop = await family(1)
    release, runs = asyncio.Event(), []

    async def on_order(message: Message[Order]) -> None:
        runs.append(message.id)
        if len(runs) <= 4:
            await release.wait()
        await effects.of(shop.service, message)

    first = shop.ladder(drain_s=20 if in_time else 0.5)
    first.subscribe(shop.topic, Order, delays_s=(1,))(on_order)
    await first.start()
    ids = await send(shop, *range(4))
    await eventually(lambda: len(runs) == 4)
    second = shop.ladder()
    second.subscribe(shop.topic, Order, delays_s=(1,))(on_order)
    joining = asyncio.create_task(second.start())
    main = first._lanes[0]
    await eventually(lambda: not main.assigned.is_set())
    if in_time:
        release.set()
    await joining
    await all_done(effects, ids)
    assert len(runs) == (4 if in_time else 8), "taken away only past the limit, then run again by the new owner"
    await in_good_order(shop, set())


async def test_who_stops_in_good_order_leaves_at_once_although_its_seat_is_reserved(family: Families) -> None:
    shop = await family(1)
    # Nobody who waits for the first one's session, or for its part in a rebalance, is done in time.
    patient = Limits(concurrency=8, partition_window=100, total_window=200, session_timeout_s=100, drain_s=100)
    handled: list[int] = []

    async def on_order(message: Message[Order]) -> None:
        handled.append(message.data.n)

    for number, instance in enumerate(("one", "two")):
        ladder = Ladder(shop.service, shop.bootstrap_servers, instance_id=instance, limits=patient)
        ladder.subscribe(shop.topic, Order, delays_s=(1,))(on_order)
        await ladder.start()
        await shop.send(number)
        await eventually(lambda: len(handled) == number + 1)  # noqa: B023
        await ladder.stop()


async def test_shutdown_in_the_middle_of_a_batch(family: Families, effects: Effects) -> None:
    shop = await family(1)
    gate, runs = asyncio.Event(), []

    async def on_order(message: Message[Order]) -> None:
        runs.append(message.data.n)
        if message.data.n >= 10 and len(runs) <= 20:
            await asyncio.sleep(3600)
        await gate.wait()
        await effects.of(shop.service, message)

    first = shop.ladder()
    first.subscribe(shop.topic, Order, delays_s=(1,))(on_order)
    await first.start()
    ids = await send(shop, *range(20))
    await eventually(lambda: len(runs) == 20)
    stopping = asyncio.create_task(first.stop(deadline_s=1))
    gate.set()
    await stopping
    assert set(await effects.done()) == {f"e{n}" for n in range(10)}, "what could finish did"
    second = shop.ladder()
    second.subscribe(shop.topic, Order, delays_s=(1,))(on_order)
    await second.start()
    await all_done(effects, ids)
    assert set(range(10, 20)) <= set(runs[20:]), "what could not was handed back"
    await in_good_order(shop, set())
