"""Commits go on, whatever a commit comes to."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from bitloot_common.retry import Message
from bitloot_common.retry import lane as lanes
from eventually import eventually

from .harness import Family, Order
from .test_ladder import committed

Families = Callable[..., Awaitable[Family]]


async def unending() -> None:
    await asyncio.sleep(3600)


async def broken() -> None:
    raise OSError("no such thing as a KafkaError")


@pytest.mark.parametrize("trouble", [unending, broken])
async def test_a_commit_that_never_ends_or_fails_strangely_stops_none_after_it(
    family: Families, monkeypatch: pytest.MonkeyPatch, trouble: Callable[[], Awaitable[None]]
) -> None:
    """A consumer that was closed during a commit tries for ever."""
    monkeypatch.setattr(lanes, "STOP_S_MAX", 0.2)
    shop = await family(1)
    ladder = shop.ladder()
    handled: list[int] = []

    @ladder.subscribe(shop.topic, Order, delays_s=(1,))
    async def on_order(message: Message[Order]) -> None:
        handled.append(message.data.n)

    await ladder.start()
    consumer = ladder._lanes[0].consumer
    assert consumer is not None
    commit, tries = consumer.commit, 0

    async def troubled(offsets: Any) -> None:
        nonlocal tries
        tries += 1
        if tries <= 2:
            await trouble()
        await commit(offsets)

    consumer.commit = troubled
    await shop.send(*range(10))
    await eventually(lambda: len(handled) == 10)

    async def all_committed() -> bool:
        return await committed(shop) == 10

    await eventually(all_committed)
    await ladder.checks()["consumers"]()
    assert tries >= 3
