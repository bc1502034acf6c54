"""A breaker opens on evidence from many messages, lets one call try, and closes by itself."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from bitloot_common.health import Degraded
from bitloot_common.retry import Breaker, Breakers, Outage
from bitloot_common.retry.breaker import State, subject
from eventually import eventually


@pytest.fixture
def make() -> Iterator[Callable[..., Breaker]]:
    made = Breakers()

    def new(**options: Any) -> Breaker:
        options = {"pause_s": 0.02, "pause_s_max": 0.05, "failures_in_a_row": 3, "trial_s_max": 1.0} | options
        breaker = Breaker("kinguin", **options)
        made._breakers[str(id(breaker))] = breaker
        return breaker

    yield new
    made.stop()


async def call(breaker: Breaker, error: BaseException | None = None, message: object = None) -> None:
    """One call for `message`, in a context of its own as in the engine."""

    async def work() -> None:
        subject.set(message)
        async with breaker:
            if error is not None:
                raise error

    try:
        await asyncio.create_task(work())
    except Outage:
        raise
    except Exception as raised:
        if raised is not error:
            raise


async def open_up(breaker: Breaker) -> None:
    for number in range(3):
        await call(breaker, ConnectionRefusedError(), message=number)
    assert breaker.state is State.OPEN


REQUEST = httpx.Request("GET", "http://kinguin")


def answered(status: int) -> httpx.HTTPStatusError:
    return httpx.HTTPStatusError("", request=REQUEST, response=httpx.Response(status, request=REQUEST))


@pytest.mark.parametrize(
    "error", [ConnectionResetError(), TimeoutError(), httpx.ReadTimeout(""), answered(503)], ids=repr
)
async def test_opens_when_different_messages_meet_an_outage_in_a_row(
    make: Callable[..., Breaker], error: Exception
) -> None:
    breaker = make()
    for number in range(3):
        assert breaker.state is State.CLOSED
        await call(breaker, error, message=number)
    assert breaker.state is State.OPEN
    with pytest.raises(Outage, match="kinguin is away since"):
        await call(breaker)


@pytest.mark.parametrize("error", [answered(404), answered(429), ValueError(), asyncio.CancelledError()], ids=repr)
async def test_an_answer_of_any_other_kind_is_no_outage(make: Callable[..., Breaker], error: BaseException) -> None:
    breaker = make()
    for number in range(10):
        with contextlib.suppress(asyncio.CancelledError):
            await call(breaker, error, message=number)
    assert breaker.state is State.CLOSED


async def test_one_message_that_always_times_out_opens_nothing(make: Callable[..., Breaker]) -> None:
    breaker = make(sample=4)
    for _ in range(50):
        await call(breaker, TimeoutError(), message="order 7")
    assert breaker.state is State.CLOSED


async def test_one_message_that_times_out_between_others_that_succeed_opens_nothing(
    make: Callable[..., Breaker],
) -> None:
    breaker = make(sample=4, failure_rate=0.5)
    for number in range(50):
        await call(breaker, TimeoutError(), message="order 7")
        await call(breaker, message=number)
    assert breaker.state is State.CLOSED


async def test_half_of_the_messages_failing_opens_even_if_never_three_in_a_row(make: Callable[..., Breaker]) -> None:
    breaker = make(sample=6, failure_rate=0.5)
    for number in range(6):
        await call(breaker, TimeoutError() if number % 2 else None, message=number)
    assert str(breaker.state) == "closed", "the first success was before any failure: not in the sample"
    await call(breaker, TimeoutError(), message=7)
    assert str(breaker.state) == "open"


async def test_a_good_probe_closes_and_wakes_all_who_wait(make: Callable[..., Breaker]) -> None:
    well = asyncio.Event()

    async def probe() -> None:
        if not well.is_set():
            raise ConnectionError

    breaker = make(probe=probe)
    await open_up(breaker)
    waiting = [asyncio.create_task(breaker.turn()) for _ in range(5)]
    await eventually(lambda: breaker.state is State.HALF_OPEN or breaker.state is State.OPEN)
    assert not any(task.done() for task in waiting)
    well.set()
    await asyncio.wait_for(asyncio.gather(*waiting), 10)
    assert breaker.state is State.CLOSED


async def test_without_a_probe_one_waiter_at_a_time_tries(make: Callable[..., Breaker]) -> None:
    breaker = make()
    await open_up(breaker)
    tries: list[int] = []

    async def reach() -> None:
        if len(tries) < 3:
            raise ConnectionRefusedError

    async def worker(number: int) -> None:
        reached = False
        while not reached:
            await breaker.turn()
            tries.append(number)
            with contextlib.suppress(Outage, ConnectionRefusedError):
                await breaker.call(reach)
                reached = True

    await asyncio.wait_for(asyncio.gather(*(worker(n) for n in range(3))), 10)
    assert tries[:3] == [0, 1, 2], "whose trial failed goes to the end of the queue"
    assert breaker.state is State.CLOSED


async def test_with_trials_a_good_probe_is_not_enough(make: Callable[..., Breaker]) -> None:
    """The dependency answers the probe and fails at the work: what waits must not meet it, all of it, at each probe."""
    probes = 0

    async def well() -> None:
        nonlocal probes
        probes += 1

    breaker = make(probe=well, trials=True)
    await open_up(breaker)
    tried = 0
    while tried < 3:
        await asyncio.wait_for(breaker.turn(), 10)
        tried += 1
        await call(breaker, ConnectionRefusedError())
        assert str(breaker.state) == "open"
    await asyncio.wait_for(breaker.turn(), 10)
    async with breaker:
        pass
    assert str(breaker.state) == "closed"
    assert probes >= 4, "each trial came after a good probe"


async def test_half_open_lets_one_call_through(make: Callable[..., Breaker]) -> None:
    breaker = make()
    await open_up(breaker)
    await eventually(lambda: breaker.state is State.HALF_OPEN)
    going, go_on = asyncio.Event(), asyncio.Event()

    async def trial() -> None:
        async with breaker:
            going.set()
            await go_on.wait()

    task = asyncio.create_task(trial())
    await going.wait()
    with pytest.raises(Outage):
        await call(breaker)
    go_on.set()
    await task
    assert breaker.state is State.CLOSED


async def test_a_trial_that_hangs_does_not_keep_it_half_open(make: Callable[..., Breaker]) -> None:
    breaker = make(trial_s_max=0.2)
    await open_up(breaker)
    hanging = asyncio.Event()
    turns: list[str] = []

    async def hang() -> None:
        await breaker.turn()
        async with breaker:
            hanging.set()
            await asyncio.sleep(3600)

    async def go_well(name: str) -> None:
        while name not in turns:
            await breaker.turn()
            with contextlib.suppress(Outage):
                async with breaker:
                    turns.append(name)

    stuck = asyncio.create_task(hang())
    await hanging.wait()
    assert breaker.state is State.HALF_OPEN
    await asyncio.wait_for(asyncio.gather(go_well("one"), go_well("two")), 10)
    assert str(breaker.state) == "closed"
    stuck.cancel()
    await asyncio.wait([stuck])
    assert str(breaker.state) == "closed"


async def test_a_trial_that_hung_leaves_the_next_ones_trial_alone(make: Callable[..., Breaker]) -> None:
    breaker = make(trial_s_max=0.2)
    await open_up(breaker)
    tasks: list[asyncio.Task[None]] = []

    async def hang(inside: asyncio.Event) -> None:
        while not inside.is_set():
            await breaker.turn()
            with contextlib.suppress(Outage):
                async with breaker:
                    inside.set()
                    await asyncio.sleep(3600)

    for _ in range(2):
        inside = asyncio.Event()
        tasks.append(asyncio.create_task(hang(inside)))
        await asyncio.wait_for(inside.wait(), 10)
    first, second = tasks
    first.cancel()
    await asyncio.wait([first])
    assert breaker._trial is second
    second.cancel()
    await asyncio.wait([second])
    assert breaker.state is State.HALF_OPEN


async def test_confirm_asks_the_probe_and_opens_on_a_bad_answer(make: Callable[..., Breaker]) -> None:
    asked: list[int] = []

    async def probe() -> None:
        asked.append(1)
        raise ConnectionError

    breaker = make(probe=probe, pause_s=60)
    assert await breaker.confirm()
    assert await breaker.confirm()
    assert (breaker.state, len(asked)) == (State.OPEN, 1)
    assert not await make().confirm(), "who has no probe has no opinion"


async def test_readiness_says_which_since_when_and_why(make: Callable[..., Breaker]) -> None:
    breaker = make()
    await breaker.check()
    await open_up(breaker)
    with pytest.raises(Degraded, match=r"kinguin open since \d{4}-.*ConnectionRefusedError"):
        await breaker.check()


async def test_a_waiter_that_is_cancelled_leaves_the_queue(make: Callable[..., Breaker]) -> None:
    breaker = make()
    await open_up(breaker)
    gone, stays = asyncio.create_task(breaker.turn()), asyncio.create_task(breaker.turn())
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait_for(stays, 10)


def test_two_breakers_for_one_dependency_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="two breakers"):
        Breakers(Breaker("r2"), Breaker("r2"))
