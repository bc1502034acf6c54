"""A family of topics on the session's broker for each test that asks."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import structlog
from bitloot_local.pytest_plugin import KafkaServer

from .harness import Family


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

    async def make(*delays_s: int, topics: tuple[str, ...] = (), partitions: int = 2) -> Family:
        new = Family(kafka_server.bootstrap_servers, delays_s or (1,))
        made.append(new)
        await new.create(*topics, partitions=partitions)
        return new

    yield make
    for each in made:
        await each.close()
