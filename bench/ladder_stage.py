"""What the ladder's benchmarks play on: topics, filled with orders, and a database."""

import asyncio
import sys

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from bitloot_local.config import Config
from pydantic import BaseModel

DELAYS_S = (1, 2, 4, 8, 16)
PARTITIONS = 6


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
        """`count` orders on `topic`, at once or at a rate, from another process. Raises when one was refused."""
        arguments = [self.bootstrap_servers, topic, str(count), *([str(rate_per_s)] if rate_per_s else [])]
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.ladder_feed", *arguments)
        if status := await process.wait():
            raise RuntimeError(f"feeding {topic} ended with {status}")

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
