"""The queue between the doors and the flushers."""

import asyncio

import pytest
from bitloot_common.ids import new_id
from bitloot_ingress.sink import CROWD, QUEUED_S_MAX, Item, Sink, Stored


def item(external_id: str = "1") -> Item:
    return Item(
        id=new_id(),
        provider="p",
        external_id=external_id,
        event_type="t",
        outcome="accepted",
        body=b"",
        headers="{}",
        source_address="a",
        secret_id="current",
        trace_id="t",
    )


def submit(sink: Sink, one: Item) -> asyncio.Future[Stored]:
    """What the submitter is told."""
    told: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
    sink.submit(one, told.set_result)
    return told


def opened(pending_max: int = 100) -> Sink:
    sink = Sink(pending_max)
    sink.flusher_up()
    return sink


async def test_nothing_is_queued_while_nobody_flushes() -> None:
    sink = Sink(10)
    assert await submit(sink, item()) is Stored.UNAVAILABLE
    assert len(sink) == 0


async def test_a_full_queue_refuses_at_once() -> None:
    sink = opened(2)
    waiting = [submit(sink, item()), submit(sink, item())]
    assert await submit(sink, item()) is Stored.UNAVAILABLE
    assert not any(future.done() for future in waiting)


async def test_a_flusher_takes_what_is_there_without_a_linger() -> None:
    sink = opened()
    taking = asyncio.ensure_future(sink.take(3, object()))
    await asyncio.sleep(0)
    items = [item(str(number)) for number in range(5)]
    for each in items:
        submit(sink, each)
    assert await taking == items[:3]
    assert await sink.take(3, object()) == items[3:]


async def test_two_flushers_are_both_called() -> None:
    sink = opened()
    sink.flusher_up()
    first, second = (asyncio.ensure_future(sink.take(1, object())) for _ in range(2))
    await asyncio.sleep(0)
    submit(sink, item("a"))
    submit(sink, item("b"))
    assert [(await first)[0].external_id, (await second)[0].external_id] == ["a", "b"]


async def at_a_commit(sink: Sink) -> object:
    """A flusher that has taken one item and is committing it."""
    taker = object()
    submit(sink, item("first"))
    assert len(await sink.take(10, taker)) == 1
    return taker


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is called for having waited."""
    monkeypatch.setattr("bitloot_ingress.sink.LINGER_S", 60.0)


@pytest.mark.usefixtures("patient")
async def test_while_one_commits_a_crowd_calls_the_second() -> None:
    sink = opened()
    await at_a_commit(sink)
    second = asyncio.ensure_future(sink.take(100, object()))
    for number in range(CROWD - 1):
        submit(sink, item(str(number)))
        await asyncio.sleep(0)
    assert not second.done()
    submit(sink, item("last"))
    async with asyncio.timeout(5):
        assert len(await second) == CROWD


async def test_who_has_committed_takes_what_has_gathered() -> None:
    sink = opened()
    taker = await at_a_commit(sink)
    second = asyncio.ensure_future(sink.take(100, object()))
    await asyncio.sleep(0)
    submit(sink, item("a"))
    assert [one.external_id for one in await sink.take(100, taker)] == ["a"]
    assert not second.done()
    second.cancel()


async def test_nobody_waits_for_a_stuck_commit() -> None:
    sink = opened()
    await at_a_commit(sink)
    second = asyncio.ensure_future(sink.take(100, object()))
    await asyncio.sleep(0)
    submit(sink, item("a"))
    async with asyncio.timeout(1):
        assert [one.external_id for one in await second] == ["a"]


@pytest.mark.usefixtures("patient")
async def test_who_fails_at_a_commit_leaves_the_rest_to_the_other() -> None:
    sink = opened()
    sink.flusher_up()
    taker = await at_a_commit(sink)
    second = asyncio.ensure_future(sink.take(100, object()))
    await asyncio.sleep(0)
    submit(sink, item("a"))
    sink.flusher_down(taker)
    async with asyncio.timeout(5):
        assert [one.external_id for one in await second] == ["a"]


async def test_a_cancelled_flusher_takes_no_call_with_it() -> None:
    sink = opened()
    gone = asyncio.ensure_future(sink.take(1, object()))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    there = asyncio.ensure_future(sink.take(1, object()))
    await asyncio.sleep(0)
    submit(sink, item("a"))
    assert (await there)[0].external_id == "a"


async def test_the_last_flusher_down_refuses_all_that_wait() -> None:
    sink = opened()
    sink.flusher_up()
    waiting = [submit(sink, item()), submit(sink, item())]
    sink.flusher_down()
    assert not any(future.done() for future in waiting)
    sink.flusher_down()
    assert [await future for future in waiting] == [Stored.UNAVAILABLE] * 2
    assert await submit(sink, item()) is Stored.UNAVAILABLE


async def test_what_has_waited_too_long_is_refused_not_stored() -> None:
    sink = opened()
    old, new = item("old"), item("new")
    old.queued_at -= QUEUED_S_MAX + 0.1
    answers = [submit(sink, old), submit(sink, new)]
    assert await sink.take(10, object()) == [new]
    assert await answers[0] is Stored.UNAVAILABLE
    assert not answers[1].done()


async def test_each_is_told_once() -> None:
    sink = opened()
    told: list[Stored] = []
    sink.submit(item("a"), told.append)
    (taken,) = await sink.take(10, object())
    taken.resolve(Stored.FIRST)
    taken.resolve(Stored.UNAVAILABLE)
    assert told == [Stored.FIRST]


async def test_an_interrupted_taker_is_told_and_takes_nothing() -> None:
    sink = opened()
    taker = object()
    taking = asyncio.ensure_future(sink.take(1, taker))
    await asyncio.sleep(0)
    sink.interrupt(taker)
    sink.interrupt(object())
    with pytest.raises(ConnectionError):
        await taking
    submit(sink, item("a"))
    assert len(sink) == 1
