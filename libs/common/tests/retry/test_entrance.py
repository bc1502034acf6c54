"""How fast messages may begin to fail: the door of each topic."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from bitloot_common.retry import Limits, Message, Transient
from bitloot_common.retry.entrance import LATE_FOR_S, LATE_S, SLOW, Doorkeeper, Entrance
from eventually import eventually
from hypothesis import given
from hypothesis import strategies as st

from .harness import Family, Order

Families = Callable[..., Awaitable[Family]]


async def enter(entrance: Entrance, inside: list[int], number: int, leave: asyncio.Event) -> None:
    async with entrance:
        inside.append(number)
        await leave.wait()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_leaves_well_makes_room_for_the_next_at_once() -> None:
    entrance, inside, leave = Entrance(2, per_s=1), [], asyncio.Event()  # type: ignore[var-annotated]
    tasks = [asyncio.create_task(enter(entrance, inside, n, leave)) for n in range(5)]
    await settled()
    assert inside == [0, 1]
    assert entrance.waiting == 3
    leave.set()
    await asyncio.gather(*tasks)
    assert inside == [0, 1, 2, 3, 4], "in their order"
    assert not entrance.crowded


async def test_a_kept_place_is_free_again_when_its_turn_comes() -> None:
    entrance, inside, leave = Entrance(2, per_s=1), [], asyncio.Event()  # type: ignore[var-annotated]
    for _ in range(2):
        async with entrance:
            pass
        entrance.keep()
    assert entrance.crowded
    task = asyncio.create_task(enter(entrance, inside, 7, leave))
    await settled()
    assert inside == []
    entrance.free(0.5)
    await settled()
    assert inside == [7], "with room for a part of a place, one more may go in"
    leave.set()
    await task


@pytest.mark.parametrize("let_in_meanwhile", [False, True])
async def test_who_is_taken_away_while_it_waits_leaves_no_trace(let_in_meanwhile: bool) -> None:
    entrance, inside, leave = Entrance(1, per_s=1), [], asyncio.Event()  # type: ignore[var-annotated]
    leave.set()
    entrance.keep()
    waiting = asyncio.create_task(enter(entrance, inside, 1, leave))
    await settled()
    if let_in_meanwhile:
        entrance.free(1)
    waiting.cancel()
    await asyncio.wait([waiting])
    entrance.free(1)
    await asyncio.wait_for(enter(entrance, inside, 2, leave), 1)
    assert inside == [2]
    assert (entrance.waiting, entrance._inside) == (0, 0)


@given(st.lists(st.sampled_from(["well", "fails", "tick"]), max_size=200))
def test_kept_places_are_never_more_than_the_doors_and_who_was_inside(story: list[str]) -> None:
    async def live() -> None:
        entrance, failing = Entrance(4, per_s=1), 0

        async def attempt(what: str) -> None:
            nonlocal failing
            async with entrance:
                assert entrance._inside <= 4
                await asyncio.sleep(0)
            if what == "fails":
                failing += 1
                entrance.keep()

        attempts = []
        for what in story:
            if what == "tick":
                entrance.free(1)
            else:
                attempts.append(asyncio.create_task(attempt(what)))
            await asyncio.sleep(0)
            assert entrance._kept <= 8
        while any(not task.done() for task in attempts):
            entrance.free(1)
            await asyncio.sleep(0)
        await asyncio.gather(*attempts)
        assert failing == story.count("fails")

    asyncio.run(live())


def test_doors_are_slower_while_retries_are_late() -> None:
    now_s = [100.0]
    keeper, entrance = Doorkeeper("s", now_s=lambda: now_s[0]), Entrance(100, per_s=10)
    for _ in range(50):
        entrance.keep()
    keeper.began(late_s=LATE_S)
    keeper.free([entrance], 1)
    assert entrance._kept == 40, "on time"
    keeper.began(late_s=LATE_S + 0.001)
    keeper.free([entrance], 1)
    assert entrance._kept == 40 - 10 * SLOW
    now_s[0] += LATE_FOR_S
    keeper.free([entrance], 1)
    assert entrance._kept == 30 - 10 * SLOW


async def test_a_topic_that_fails_waits_at_its_door_while_others_flow_and_nothing_is_lost(family: Families) -> None:
    shop, other = await family(1), await family(1)
    narrow = Limits(concurrency=4, partition_window=1_000, total_window=5_000, retries_per_s=0)
    tried: list[int] = []
    seen: list[int] = []

    async def fail_once(message: Message[Order]) -> None:
        if message.attempt == 1:
            tried.append(message.data.n)
            raise Transient("later")
        seen.append(message.data.n)

    async def on_other(message: Message[Order]) -> None:
        seen.append(message.data.n)

    ladder = shop.ladder(limits=narrow)
    ladder.subscribe(shop.topic, Order, delays_s=(1,))(fail_once)
    ladder.subscribe(other.topic, Order, delays_s=(1,))(on_other)
    await ladder.start()
    await shop.send(*range(300))
    await other.send(*range(1_000, 1_300))
    await eventually(lambda: sum(n >= 1_000 for n in seen) == 300)
    await eventually(lambda: sorted(n for n in seen if n < 1_000) == sorted(tried))
    assert len(tried) <= 2 * 4 + 4, "its door has two places for each handler, and those at work found it open"
    await ladder.stop()
    first_tried = list(tried)
    successor = shop.ladder()
    successor.subscribe(shop.topic, Order, delays_s=(1,))(fail_once)
    await successor.start()
    await eventually(lambda: sorted(n for n in seen if n < 1_000) == list(range(300)))
    assert sorted(tried) == list(range(300)), "each began once"
    assert first_tried == tried[: len(first_tried)]
