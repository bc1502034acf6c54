"""A flusher that cannot prepare its statement tells nobody that it is there."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest
from bitloot_common.outbox import Outbox
from bitloot_ingress import flusher
from bitloot_ingress.flusher import Flusher
from bitloot_ingress.sink import Sink, Stored
from eventually import eventually

from .test_sink import item, submit


class Connection:
    """Prepares so many statements, then answers no more, like a server that was stopped."""

    def __init__(self, prepares: int) -> None:
        self._left = prepares
        self.is_terminated = False

    def add_termination_listener(self, callback: Callable[[Any], None]) -> None:
        pass

    async def prepare(self, _: str) -> Any:
        if not self._left:
            await asyncio.Event().wait()
        self._left -= 1
        return self

    async def fetch(self, ids: str, *_: object) -> list[tuple[Any]]:
        """Everything is new."""
        return [(type(item().id)(one),) for one in ids.split("\x1f")]

    def terminate(self) -> None:
        self.is_terminated = True


@pytest.fixture
def sink() -> Sink:
    return Sink(10)


def connecting(monkeypatch: pytest.MonkeyPatch, connection: Connection) -> None:
    async def connect(*_: object, **__: object) -> Connection:
        return connection

    monkeypatch.setattr(asyncpg, "connect", connect)
    monkeypatch.setattr(flusher, "CONNECT_TIMEOUT_S", 0.05)


def running(sink: Sink) -> asyncio.Task[None]:
    duplicates: Any = None  # there are none
    return asyncio.create_task(Flusher(sink, Outbox("ingress"), duplicates, "").run())


async def test_once_it_is_up_it_waits_for_nothing_but_commits(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    connecting(monkeypatch, Connection(prepares=1))
    task = running(sink)

    async def is_open() -> bool:
        return sink.open

    await eventually(is_open, "the flusher up")
    async with asyncio.timeout(10):
        assert await submit(sink, item()) is Stored.FIRST
    task.cancel()


async def test_one_that_cannot_prepare_is_not_up(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Connection(prepares=0)
    connecting(monkeypatch, connection)
    task = running(sink)

    async def given_up() -> bool:
        assert not sink.open
        return connection.is_terminated

    await eventually(given_up, "its connection dropped")
    assert await submit(sink, item()) is Stored.UNAVAILABLE
    task.cancel()
