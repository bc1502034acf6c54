"""A family of topics on the session's broker for each test that asks."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import asyncpg
import pytest
import structlog
from bitloot_common import db
from bitloot_local.pytest_plugin import Database, KafkaServer

from .buried_orders import Shop
from .harness import Family

Families = Callable[..., Awaitable[Family]]


@pytest.fixture(scope="session", autouse=True)
def logs_aside() -> Iterator[None]:
    """Keeps the ladders' log lines out of the standard output of the commands under test."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.__stderr__))
    yield
    structlog.reset_defaults()


@pytest.fixture
async def family(kafka_server: KafkaServer) -> AsyncIterator[Callable[..., Awaitable[Family]]]:
    """`await family(1, 2)`: a service with retry topics of one and two seconds."""
    made: list[Family] = []

    async def make(
        *delays_s: int, topics: tuple[str, ...] = (), partitions: int = 2, step_partitions: int = 1
    ) -> Family:
        new = Family(kafka_server.bootstrap_servers, delays_s or (1,))
        made.append(new)
        await new.create(*topics, partitions=partitions, step_partitions=step_partitions)
        return new

    yield make
    for each in made:
        await each.close()


@pytest.fixture
async def pool(database: Database) -> "AsyncIterator[asyncpg.Pool[Any]]":
    """As admin: the role that reads and marks, and may do nothing else."""
    async with asyncpg.create_pool(database.url_of("admin"), min_size=1, max_size=4, init=db.prepare) as pool:
        yield pool
    owner = await asyncpg.connect(database.url)
    await owner.execute("truncate dead_letters, audit_log, inbox")
    await owner.close()


@pytest.fixture
async def shop(family: Families, database: Database) -> Shop:
    new = Shop(await family(1), database)
    await new.start()
    return new
