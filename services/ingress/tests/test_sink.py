"""The queue between the doors and the flushers."""

import asyncio

import pytest
from bitloot_common.ids import new_id
from bitloot_ingress.sink import QUEUED_S_MAX, Item, Sink, Stored


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


def opened(pending_max: int = 100) -> Sink:
    sink = Sink(pending_max)
    sink.flusher_up()
    return sink


async def test_nothing_is_queued_while_nobody_flushes() -> None:
    sink = Sink(10)
    assert await sink.submit(item()) is Stored.UNAVAILABLE
    assert len(sink) == 0


async def test_a_full_queue_refuses_at_once() -> None:
    sink = opened(2)
    waiting = [sink.submit(item()), sink.submit(item())]
    assert await sink.submit(item()) is Stored.UNAVAILABLE
    assert not any(future.done() for future in waiting)


async def test_a_flusher_takes_what_is_there_without_a_linger() -> None:
    sink = opened()
    taking = asyncio.ensure_future(sink.take(3, object()))
    await asyncio.sleep(0)
    items = [item(str(number)) for number in range(5)]
    for each in items:
        sink.submit(each)
    assert await taking == items[:3]
    assert await sink.take(3, object()) == items[3:]


async def test_two_flushers_are_both_called() -> None:
    sink = opened()
    sink.flusher_up()
    first, second = (asyncio.ensure_future(sink.take(1, object())) for _ in range(2))
    await asyncio.sleep(0)
    sink.submit(item("a"))
    sink.submit(item("b"))
    assert [(await first)[0].external_id, (await second)[0].external_id] == ["a", "b"]


async def test_a_cancelled_flusher_takes_no_call_with_it() -> None:
    sink = opened()
    gone = asyncio.ensure_future(sink.take(1, object()))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    there = asyncio.ensure_future(sink.take(1, object()))
    await asyncio.sleep(0)
    sink.submit(item("a"))
    assert (await there)[0].external_id == "a"


async def test_the_last_flusher_down_refuses_all_that_wait() -> None:
    sink = opened()
    sink.flusher_up()
    waiting = [sink.submit(item()), sink.submit(item())]
    sink.flusher_down()
    assert not any(future.done() for future in waiting)
    sink.flusher_down()
    assert [await future for future in waiting] == [Stored.UNAVAILABLE] * 2
    assert await sink.submit(item()) is Stored.UNAVAILABLE


async def test_what_has_waited_too_long_is_refused_not_stored() -> None:
    sink = opened()
    old, new = item("old"), item("new")
    old.queued_at -= QUEUED_S_MAX + 0.1
    answers = [sink.submit(old), sink.submit(new)]
    assert await sink.take(10, object()) == [new]
    assert await answers[0] is Stored.UNAVAILABLE
    assert not answers[1].done()


async def test_one_that_hangs_up_does_not_take_the_others_answer() -> None:
    sink = opened()
    gone, there = sink.submit(item("a")), sink.submit(item("b"))
    gone.cancel()
    for each in await sink.take(10, object()):
        each.resolve(Stored.FIRST)
    assert await there is Stored.FIRST


async def test_an_interrupted_taker_is_told_and_takes_nothing() -> None:
    sink = opened()
    taker = object()
    taking = asyncio.ensure_future(sink.take(1, taker))
    await asyncio.sleep(0)
    sink.interrupt(taker)
    sink.interrupt(object())
    with pytest.raises(ConnectionError):
        await taking
    sink.submit(item("a"))
    assert len(sink) == 1
