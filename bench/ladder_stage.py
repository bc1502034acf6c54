"""What the ladder's benchmarks play on: topics, filled with orders, and a database."""

import asyncio
import json
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from bitloot_local.config import Config
from pydantic import BaseModel

DELAYS_S = (1, 2, 4, 8, 16)
PARTITIONS = 6
KEYS = 1_000


class Order(BaseModel):
    """About what our events hold."""

    n: int
    order_id: str
    reservation_id: str
    quantity: int


class Stage:
    """One broker and one database for all measurements; topics of its own for each."""

    def __init__(self, config: Config) -> None:
        self.bootstrap_servers = config.kafka_bootstrap_servers
        self.superuser_url = config.database_url("postgres", "POSTGRES_PASSWORD", "postgres")

    async def topics(self, service: str, *names: str) -> None:
        """The main topics `names`, and the ladder of `service`."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap_servers)
        await admin.start()
        steps = [NewTopic(f"{service}.retry.{delay}s", 2, 1) for delay in DELAYS_S]
        main = [NewTopic(name, PARTITIONS, 1) for name in names]
        await admin.create_topics([*main, *steps, NewTopic(f"{service}.dlt", 1, 1)])
        await admin.close()
        await asyncio.sleep(1)

    async def fill(self, topic: str, count: int, *, rate_per_s: float | None = None) -> None:
        """`count` orders on `topic`, at once or at a rate."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap_servers, linger_ms=2)
        await producer.start()
        loop = asyncio.get_running_loop()
        start = loop.time()
        for n in range(count):
            if rate_per_s and n % 50 == 0:
                await asyncio.sleep(max(0.0, start + n / rate_per_s - loop.time()))
            value = {"n": n, "order_id": str(uuid4()), "reservation_id": f"r{n}", "quantity": 1}
            headers = [("ce_id", str(uuid4()).encode()), ("ce_specversion", b"1.0"), ("ce_source", b"/bench")]
            await producer.send(topic, json.dumps(value).encode(), key=str(n % KEYS).encode(), headers=headers)
        await producer.stop()

    async def pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        """Connections to a database with an inbox."""
        pool = await asyncpg.create_pool(self.superuser_url, min_size=8, max_size=32)
        await pool.execute(
            "create table if not exists inbox (consumer text, event_id text, at timestamptz default now(),"
            " primary key (consumer, event_id))"
        )
        return pool


class Finish:
    """Counts to a number and says how long it took from the first."""

    def __init__(self, count: int) -> None:
        self._left = self._count = count
        self._first = 0.0
        self._last = 0.0
        self._done = asyncio.Event()

    def one(self) -> None:
        now = asyncio.get_running_loop().time()
        self._first = self._first or now
        self._left -= 1
        if self._left <= 0:
            self._last = self._last or now
            self._done.set()

    async def per_s(self) -> float:
        await asyncio.wait_for(self._done.wait(), 600)
        return self._count / (self._last - self._first)
