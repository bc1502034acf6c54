"""A broker for the session, and a family of topics for each test that asks."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from .broker import Broker
from .harness import Family


@pytest.fixture(scope="session")
async def kafka_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Broker]:
    broker = Broker(Path(tmp_path_factory.mktemp("kafka")))
    await broker.prepare()
    await broker.start()
    yield broker
    broker.kill()


@pytest.fixture
async def family(kafka_server: Broker) -> AsyncIterator[Callable[..., Awaitable[Family]]]:
    """`await family(1, 2)`: a service with retry topics of one and two seconds."""
    made: list[Family] = []

    async def make(*delays_s: int, topics: tuple[str, ...] = (), partitions: int = 2) -> Family:
        new = Family(kafka_server.bootstrap_servers, delays_s or (1,))
        made.append(new)
        await new.create(*topics, partitions=partitions)
        return new

    yield make
    for each in made:
        await each.close()
