"""The relay between a real PostgreSQL and a real Kafka."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from typing import Any, ClassVar
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer
from bitloot_common import db
from bitloot_common.events.envelope import CloudEvent, Event
from bitloot_common.health import Degraded
from bitloot_common.ids import new_id
from bitloot_common.outbox import Outbox
from bitloot_common.relay import Relay
from bitloot_common.relay.publisher import RECORD_BYTES_MAX
from confluent_kafka.admin import AdminClient, NewTopic
from eventually import eventually


class Bench:
    """A database, a topic of this test's own, and relays between them."""

    def __init__(self, database: Any, bootstrap_servers: str, pool: Any, topic: str) -> None:
        self.database_url: str = database.url_of("ingress")
        self.superuser_url: str = database.server.superuser_url
        self.bootstrap_servers = bootstrap_servers
        self.pool = pool
        self.relays: list[Relay] = []

        class Noted(Event):
            TYPE: ClassVar[str] = "test.noted.v1"
            TOPIC: ClassVar[str] = topic

            number: int
            padding: str = ""

        self.event = Noted
        self.topic = topic

    async def relay(self, outbox: Outbox, **more: Any) -> Relay:
        servers = more.pop("bootstrap_servers", self.bootstrap_servers)
        relay = Relay(outbox, database_url=self.database_url, bootstrap_servers=servers, **more)
        await relay.start()
        self.relays.append(relay)
        return relay

    async def add(self, outbox: Outbox, key: str, numbers: range, padding: str = "") -> list[str]:
        async with self.pool.acquire() as connection, connection.transaction():
            ids = [
                str(await outbox.add(connection, self.event(number=number, padding=padding), key=key))
                for number in numbers
            ]
        outbox.committed()
        return ids

    async def emptied(self) -> None:
        async def empty() -> bool:
            return await self.pool.fetchval("select count(*) from outbox") == 0  # type: ignore[no-any-return]

        await eventually(empty, "an empty outbox")

    async def published(self) -> list[Any]:
        """Everything on the topic, in the order of each partition."""
        consumer = AIOKafkaConsumer(self.topic, bootstrap_servers=self.bootstrap_servers, auto_offset_reset="earliest")
        await consumer.start()
        try:
            ends = await consumer.end_offsets(consumer.assignment())
            records: list[Any] = []
            while any([await consumer.position(place) < end for place, end in ends.items()]):
                for batch in (await consumer.getmany(timeout_ms=500)).values():
                    records.extend(batch)
            return records
        finally:
            await consumer.stop()


def ids_of(records: list[Any]) -> list[str]:
    return [CloudEvent.from_headers(record.headers).id for record in records]


def once(ids: list[str]) -> list[str]:
    return list(dict.fromkeys(ids))


@pytest.fixture
async def bench(database: Any, kafka_server: Any) -> AsyncIterator[Bench]:
    topic = f"relay-{uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": kafka_server.bootstrap_servers})
    admin.create_topics([NewTopic(topic, num_partitions=3)])[topic].result(20)
    pool = await asyncpg.create_pool(database.url, min_size=1, max_size=8, init=db.prepare)
    await pool.execute("delete from outbox")
    bench = Bench(database, kafka_server.bootstrap_servers, pool, topic)
    yield bench
    for relay in bench.relays:
        await relay.stop(1)
    await pool.close()


async def test_rows_reach_their_topic_in_order_and_are_gone(bench: Bench) -> None:
    outbox = Outbox("ingress")
    await bench.relay(outbox)
    ids = {key: await bench.add(outbox, key, range(50)) for key in ("a", "b", "c", "d")}
    await bench.emptied()
    records = await bench.published()
    for key, expected in ids.items():
        mine = [record for record in records if record.key == key.encode()]
        assert ids_of(mine) == expected
        assert [bench.event.from_value(record.value).number for record in mine] == list(range(50))
        assert len({record.partition for record in mine}) == 1
    event = CloudEvent.from_headers(records[0].headers)
    assert (event.type, event.source) == ("test.noted.v1", "/bitloot/ingress")


async def test_what_was_there_before_the_start_is_published(bench: Bench) -> None:
    outbox = Outbox("ingress")
    ids = await bench.add(outbox, "a", range(2500))
    await bench.relay(outbox)
    await bench.emptied()
    assert ids_of(await bench.published()) == ids


async def test_a_batch_that_does_not_fit_goes_in_parts_and_in_order(bench: Bench) -> None:
    outbox = Outbox("ingress")
    ids = await bench.add(outbox, "a", range(30), padding="x" * 90_000)
    await bench.relay(outbox)
    await bench.emptied()
    assert ids_of(await bench.published()) == ids


async def test_a_row_too_large_for_kafka_holds_nobody_up(bench: Bench) -> None:
    outbox = Outbox("ingress")
    (large,) = await bench.add(outbox, "a", range(1), padding="x" * RECORD_BYTES_MAX)
    await bench.relay(outbox)
    ids = await bench.add(outbox, "a", range(10))

    async def others_gone() -> bool:
        return await bench.pool.fetchval("select count(*) from outbox") == 1  # type: ignore[no-any-return]

    await eventually(others_gone, "all but the large one published")
    assert await bench.pool.fetchval("select id from outbox") == UUID(large)
    assert ids_of(await bench.published()) == ids


async def test_dead_instances_rows_are_adopted_and_go_first(bench: Bench) -> None:
    dead, mine, stranger = Outbox("ingress"), Outbox("ingress"), Outbox("delivery")
    orphans = await bench.add(dead, "a", range(20))
    await bench.add(stranger, "b", range(5))
    own = await bench.add(mine, "a", range(20, 40))
    await bench.relay(mine)

    async def only_the_strangers_are_left() -> bool:
        left = await bench.pool.fetch("select service from outbox")
        return [row["service"] for row in left] == ["delivery"] * 5

    await eventually(only_the_strangers_are_left, "another service's rows left alone")
    assert ids_of(await bench.published()) == orphans + own


async def test_a_living_instances_rows_are_left_to_it(bench: Bench) -> None:
    living, other = Outbox("ingress"), Outbox("ingress")
    held = await asyncpg.connect(bench.database_url)
    await held.execute("select pg_advisory_lock($1)", living.instance)
    await bench.add(living, "a", range(5))
    await bench.relay(other)
    await bench.add(other, "b", range(5))

    async def own_gone() -> bool:
        left = await bench.pool.fetch("select instance from outbox")
        return {row["instance"] for row in left} == {living.instance}

    await eventually(own_gone, "its own rows published")
    await held.close()  # now it is dead
    await bench.emptied()


async def test_it_carries_on_after_its_connection_is_lost(bench: Bench) -> None:
    outbox = Outbox("ingress")
    await bench.relay(outbox)
    first = await bench.add(outbox, "a", range(10))
    await bench.emptied()
    superuser = await asyncpg.connect(bench.superuser_url)
    ended = await superuser.fetch(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bitloot-ingress-relay'"
    )
    assert len(ended) == 1
    await superuser.close()
    second = await bench.add(outbox, "a", range(10, 20))
    await bench.emptied()
    assert once(ids_of(await bench.published())) == first + second

    async def locked_again() -> bool:
        free = await bench.pool.fetchval("select pg_try_advisory_xact_lock($1)", outbox.instance)
        return not free

    await eventually(locked_again, "the instance's lock held again")


async def test_without_kafka_rows_wait_and_it_says_so(bench: Bench) -> None:
    outbox = Outbox("ingress")
    relay = await bench.relay(outbox, bootstrap_servers="127.0.0.1:9")
    await bench.add(outbox, "a", range(3))

    async def degraded() -> bool:
        try:
            await relay.check()
        except Degraded as state:
            return "no broker" in str(state)
        return False

    await eventually(degraded, "a degraded relay")
    assert await bench.pool.fetchval("select count(*) from outbox") == 3
    began = time.monotonic()
    await relay.stop(2)
    assert time.monotonic() - began < 20  # a stop does not wait for a broker that is not there


async def test_a_stop_publishes_what_is_left(bench: Bench) -> None:
    outbox = Outbox("ingress")
    relay = await bench.relay(outbox)
    ids = await bench.add(outbox, "a", range(3000))
    await relay.stop(30)
    assert await bench.pool.fetchval("select count(*) from outbox") == 0
    assert ids_of(await bench.published()) == ids


async def test_a_row_that_commits_late_is_found(bench: Bench) -> None:
    """Its id is older than all that was published since, by more than the margin below which nobody looks."""
    outbox = Outbox("ingress")
    await bench.relay(outbox)
    late = UUID(int=(int(time.time() * 1000) - 3_600_000) << 80 | 1)
    await bench.add(outbox, "a", range(10))
    await bench.emptied()
    async with bench.pool.acquire() as connection, connection.transaction():
        await outbox.add(connection, bench.event(number=99), key="a", event_id=late)
    outbox.committed()
    await bench.emptied()
    assert ids_of(await bench.published())[-1] == str(late)


async def test_a_service_may_note_where_its_messages_went(bench: Bench) -> None:
    await bench.pool.execute("create table if not exists noted (id uuid, topic text, part int, at bigint)")
    await bench.pool.execute("grant insert on noted to bitloot_ingress")
    settle = """
    with gone as (delete from outbox where instance = $5 and id = any($1::uuid[]))
    insert into noted select * from unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[])
    """
    outbox = Outbox("ingress")
    await bench.relay(outbox, settle=settle)
    await bench.add(outbox, "a", range(20))
    await bench.emptied()
    noted = {(str(row["id"]), row["part"], row["at"]) for row in await bench.pool.fetch("select * from noted")}
    records = await bench.published()
    assert noted == set(zip(ids_of(records), [r.partition for r in records], [r.offset for r in records], strict=True))


WRITER = """
import asyncio, sys
import asyncpg
from typing import ClassVar
from bitloot_common import db
from bitloot_common.events.envelope import Event
from bitloot_common.outbox import Outbox
from bitloot_common.relay import Relay

class Noted(Event):
    TYPE: ClassVar[str] = "test.noted.v1"
    TOPIC: ClassVar[str] = sys.argv[3]
    number: int

async def main():
    outbox = Outbox("ingress")
    relay = Relay(outbox, database_url=sys.argv[1], bootstrap_servers=sys.argv[2])
    await relay.start()
    connection = await asyncpg.connect(sys.argv[1])
    await db.prepare(connection)
    number = 0
    while True:
        async with connection.transaction():
            ids = [str(await outbox.add(connection, Noted(number=number + n), key="a")) for n in range(10)]
        outbox.committed()
        print("committed", *ids, flush=True)
        number += 10

asyncio.run(main())
"""


@pytest.mark.timeout(600)
async def test_kill_nine_loses_nothing_and_keeps_the_order(bench: Bench) -> None:
    """Processes that commit, tell us, and are killed; each next one adopts what the last one left."""
    promised: list[str] = []
    for _ in range(5):
        writer = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, bench.database_url, bench.bootstrap_servers, bench.topic,
            stdout=asyncio.subprocess.PIPE, env=dict(os.environ),
        )  # fmt: skip
        assert writer.stdout is not None
        lines = [(await writer.stdout.readline()).decode().split() for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
        lines += [
            line.decode().split()
            for line in (await writer.stdout.read()).splitlines(keepends=True)
            if line.endswith(b"\n")
        ]
        await writer.wait()
        promised += [row_id for line in lines if line[0] == "committed" for row_id in line[1:]]
    last = Outbox("ingress")
    await bench.relay(last)
    await bench.emptied()
    published = once(ids_of(await bench.published()))
    assert [row_id for row_id in published if row_id in set(promised)] == promised
    assert published == sorted(published)


def test_ids_are_in_the_order_of_their_making() -> None:
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(made)


async def test_what_a_full_batch_left_behind_does_not_wait(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five batches of one partition, and nobody wakes the relay a second time."""
    monkeypatch.setattr("bitloot_common.relay.agent.POLL_S", 3600.0)
    outbox = Outbox("ingress")
    relay = await bench.relay(outbox)
    ids = await bench.add(outbox, "a", range(40), padding="x" * 60_000)
    await bench.emptied()
    assert once(ids_of(await bench.published())) == ids
    relay.wake()  # or its end waits for the poll
