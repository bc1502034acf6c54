"""A topic whose handlers hang, or whose dependency is away, leaves every other topic its share."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from bitloot_common.retry import Breaker, Breakers, Ladder, Limits, Message, Transient
from bitloot_common.retry.breaker import State
from bitloot_common.retry.slots import Slots
from eventually import eventually
from hypothesis import given
from hypothesis import strategies as st

from .harness import Family, Order

Families = Callable[..., Awaitable[Family]]

LIMITS = Limits(concurrency=8, partition_window=50, total_window=200, drain_s=1)
FLOOD = 600  # more than all slots, and than the whole window


async def hang(_: Message[Order]) -> None:
    await asyncio.sleep(3600)


class Seen:
    """A handler that notes what it handled."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    async def __call__(self, message: Message[Order]) -> None:
        await asyncio.sleep(0)
        self.numbers.append(message.data.n)


async def started(ladder: Ladder, slow: Family, other: str, handler: Callable[..., Awaitable[None]]) -> Seen:
    """`handler` on the topic of `slow`; what the other topic's handler saw."""
    seen = Seen()
    ladder.subscribe(slow.topic, Order, delays_s=(1,), needs=[b.dependency for b in ladder.breakers])(handler)
    ladder.subscribe(other, Order, delays_s=(1,))(seen)
    await ladder.start()
    return seen


async def test_a_topic_whose_handlers_hang_stops_no_other(family: Families) -> None:
    slow, other = await family(1, partitions=6), await family(1)
    begun: list[int] = []

    async def begin(message: Message[Order]) -> None:
        begun.append(message.data.n)
        await hang(message)

    ladder = slow.ladder(limits=LIMITS)
    seen = await started(ladder, slow, other.topic, begin)
    await slow.send(*range(FLOOD))
    window = ladder._lanes[0]._window
    await eventually(lambda: len(begun) == LIMITS.concurrency and window.size_of(slow.topic) >= 100)
    await other.send(*range(FLOOD))
    await eventually(lambda: sorted(seen.numbers) == list(range(FLOOD)))
    assert len(begun) == LIMITS.concurrency, "alone it had every place; now it has no more"


async def test_a_topic_whose_dependency_is_half_open_stops_no_other(family: Families) -> None:
    slow, other = await family(1, partitions=6), await family(1)

    async def silence() -> None:
        await asyncio.sleep(3600)

    breaker = Breaker("kinguin", probe=silence, pause_s=0.01, trial_s_max=3600)
    breaker.trip("maintenance")
    await eventually(lambda: breaker.state is State.HALF_OPEN)
    await slow.send(*range(FLOOD))
    ladder = slow.ladder(Breakers(breaker), limits=LIMITS)
    seen = await started(ladder, slow, other.topic, hang)
    window = ladder._lanes[0]._window
    await eventually(lambda: window.size_of(slow.topic) > 0)
    await other.send(*range(FLOOD))
    await eventually(lambda: sorted(seen.numbers) == list(range(FLOOD)))
    assert window.size_of(slow.topic) <= 200, "no more than what trials need"


async def test_a_backlog_of_what_hangs_found_at_the_start_stops_no_other(family: Families) -> None:
    slow, other = await family(1, partitions=6), await family(1)
    await slow.send(*range(FLOOD))
    await other.send(*range(FLOOD))
    seen = await started(slow.ladder(limits=LIMITS), slow, other.topic, hang)
    await eventually(lambda: sorted(seen.numbers) == list(range(FLOOD)))


async def test_retries_that_hang_stop_no_retry_of_another_topic(family: Families) -> None:
    slow = await family(1)
    other = await family(1)
    retried: list[int] = []

    def failing_first(then: Callable[[Message[Order]], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def handle(message: Message[Order]) -> None:
            if message.attempt == 1:
                raise Transient("first attempt")
            await then(message)

        return handle

    async def begin(message: Message[Order]) -> None:
        retried.append(message.data.n)
        await hang(message)

    seen = Seen()
    ladder = slow.ladder(limits=LIMITS, step_concurrency=4)
    ladder.subscribe(slow.topic, Order, delays_s=(1,))(failing_first(begin))
    ladder.subscribe(other.topic, Order, delays_s=(1,))(failing_first(seen))
    await ladder.start()
    await slow.send(*range(40))
    await eventually(lambda: len(retried) == 4)
    await other.send(*range(20))
    await eventually(lambda: sorted(seen.numbers) == list(range(20)))
    assert len(retried) == 4


@pytest.mark.parametrize("count", [1, 2, 5, 64])
async def test_a_topic_alone_has_every_place_and_others_have_their_reserve_beside_it(count: int) -> None:
    slots, topics = Slots(count), list[str]()

    async def stay(topic: str) -> None:
        async with slots.of(topic):
            topics.append(topic)
            await asyncio.sleep(3600)

    tasks = [asyncio.create_task(stay(topic)) for topic in ["busy"] * 3 * count + ["late"] * 3 * count]
    for _ in range(5):
        await asyncio.sleep(0)
    assert (topics.count("busy"), topics.count("late")) == (count, slots.reserve)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


STORY = st.lists(st.tuples(st.sampled_from(["enter", "leave", "cancel"]), st.sampled_from("ab"), st.integers(0, 9)))


@given(STORY, st.integers(1, 6))
def test_whatever_comes_goes_and_is_taken_away_every_place_is_found_again(
    story: list[tuple[str, str, int]], count: int
) -> None:
    async def live() -> None:
        slots = Slots(count)
        alive: list[tuple[asyncio.Task[None], asyncio.Event]] = []

        async def stay(topic: str, leave: asyncio.Event) -> None:
            async with slots.of(topic):
                assert slots.of(topic)._taken <= count
                await leave.wait()
            slots.settled()

        for what, topic, number in story:
            if what == "enter":
                leave = asyncio.Event()
                alive.append((asyncio.create_task(stay(topic, leave)), leave))
            elif alive:
                task, leave = alive[number % len(alive)]
                leave.set() if what == "leave" else task.cancel()
            if number % 2:
                await asyncio.sleep(0)
        for _, leave in alive:
            leave.set()
        if alive:
            await asyncio.wait([task for task, _ in alive])
        assert slots._shared == count - slots.reserve
        assert all(places._taken == 0 for places in slots._places.values())

    asyncio.run(live())
