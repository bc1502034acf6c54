"""A dependency that is down costs time: no attempt, no order of messages, no dead letter."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from bitloot_common.health import Degraded
from bitloot_common.retry import Breaker, Breakers, Ladder, Message, NotYet, Transient
from bitloot_common.retry.breaker import State
from eventually import eventually

from .harness import Family, Order, story

Families = Callable[..., Awaitable[Family]]


class Kinguin:
    """A dependency on a real socket, which can be taken down and brought up again."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._port = 0

    async def up(self) -> None:
        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        self._server = await asyncio.start_server(answer, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def call(self) -> None:
        """Raises ConnectionRefusedError while it is down."""
        _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.close()


@pytest.fixture
async def kinguin() -> AsyncIterator[Kinguin]:
    dependency = Kinguin()
    await dependency.up()
    yield dependency
    await dependency.down()


def breaker_of(kinguin: Kinguin, *, probe: bool = True, **options: Any) -> Breaker:
    options = {"failures_in_a_row": 3, "pause_s": 0.2, "pause_s_max": 0.5} | options
    return Breaker("kinguin", probe=kinguin.call if probe else None, **options)


async def buy(ladder: Ladder, shop: Family, breaker: Breaker, kinguin: Kinguin) -> list[Message[Order]]:
    """Starts `ladder` with a handler that calls Kinguin under its breaker."""
    bought: list[Message[Order]] = []

    @ladder.subscribe(shop.topic, Order, needs=("kinguin",), delays_s=(1, 1))
    async def on_order(message: Message[Order]) -> None:
        await breaker.call(kinguin.call)
        bought.append(message)

    await ladder.start()
    return bought


@pytest.mark.parametrize("probe", [True, False], ids=["probe", "trial calls"])
async def test_an_outage_under_load_costs_time_only(family: Families, kinguin: Kinguin, probe: bool) -> None:
    shop = await family(1)
    breaker = breaker_of(kinguin, probe=probe)
    ladder = shop.ladder(Breakers(breaker))
    bought = await buy(ladder, shop, breaker, kinguin)
    await shop.send(*range(50))
    await kinguin.down()
    await shop.send(*range(50, 300))
    await eventually(lambda: breaker.state is State.OPEN)
    with pytest.raises(Degraded, match="kinguin"):
        await ladder.checks()["kinguin"]()
    await ladder.checks()["consumers"]()
    await kinguin.up()
    await eventually(lambda: {m.data.n for m in bought} == set(range(300)))
    assert breaker.state is State.CLOSED
    assert len(bought) == 300
    assert sum(m.attempt > 1 for m in bought) <= 3, "only what failed before the breaker opened was counted"
    assert await shop.records(shop.dlt) == []


async def test_while_it_is_open_nothing_is_tried_and_order_is_kept(family: Families, kinguin: Kinguin) -> None:
    shop = await family(1)
    breaker = breaker_of(kinguin, pause_s=60)
    ladder = shop.ladder(Breakers(breaker))
    bought = await buy(ladder, shop, breaker, kinguin)
    breaker.trip("maintenance")
    await shop.send(*range(100), key=b"one customer")
    await shop.records(shop.topic, at_least=100)
    successor = shop.ladder(Breakers(breaker))
    taken_over = await buy(successor, shop, breaker, kinguin)  # a rebalance would forget paused partitions
    assert bought == taken_over == []
    assert ladder._lanes[0]._window.size == successor._lanes[0]._window.size == 0, "not even fetched"
    breaker._close()
    await eventually(lambda: len(bought + taken_over) == 100)
    assert [m.data.n for m in bought + taken_over] == list(range(100))
    assert {m.attempt for m in bought + taken_over} == {1}


async def test_topics_that_do_not_need_it_flow_on(family: Families, kinguin: Kinguin) -> None:
    shop = await family(1)
    other = await family(1)
    breaker = breaker_of(kinguin, pause_s=60)
    ladder = shop.ladder(Breakers(breaker))
    seen: list[int] = []

    @ladder.subscribe(other.topic, Order, delays_s=(1,))
    async def on_other(message: Message[Order]) -> None:
        seen.append(message.data.n)

    bought = await buy(ladder, shop, breaker, kinguin)
    breaker.trip("maintenance")
    await shop.send(1)
    await other.send(*range(20))
    await eventually(lambda: len(seen) == 20)
    assert bought == []


@pytest.mark.parametrize("error", [Transient("503"), NotYet("no reservation"), KeyError("x")], ids=repr)
async def test_on_a_step_it_goes_round_with_its_attempt_unchanged(
    family: Families, kinguin: Kinguin, error: Exception
) -> None:
    shop = await family(1)
    breaker = breaker_of(kinguin, pause_s=60)
    ladder = shop.ladder(Breakers(breaker))
    attempts: list[int] = []

    @ladder.subscribe(shop.topic, Order, needs=("kinguin",), delays_s=(1,))
    async def on_order(message: Message[Order]) -> None:
        attempts.append(message.attempt)
        if message.attempt == 1:
            raise error

    await ladder.start()
    await shop.send(7)
    await eventually(lambda: attempts == [1])
    breaker.trip("maintenance")
    rounds = await shop.records(f"{shop.service}.retry.1s", at_least=3)
    assert {story(r)["bitloot-attempt"] for r in rounds} == {"1"}
    assert len({story(r)["bitloot-due-at"] for r in rounds}) == len(rounds)
    breaker._close()
    await eventually(lambda: attempts == [1, 2])
    assert await shop.records(shop.dlt) == []


async def test_a_message_alone_in_an_outage_is_not_buried(family: Families, kinguin: Kinguin) -> None:
    shop = await family(1)
    breaker = breaker_of(kinguin)
    bought = await buy(shop.ladder(Breakers(breaker)), shop, breaker, kinguin)
    await kinguin.down()
    await shop.send(7)
    await eventually(lambda: breaker.state is State.OPEN)  # by the probe, asked before the burial
    await kinguin.up()
    await eventually(lambda: [m.attempt for m in bought] == [3])
    assert await shop.records(shop.dlt) == []


async def test_a_message_that_alone_times_out_is_buried_and_opens_nothing(family: Families, kinguin: Kinguin) -> None:
    shop = await family(1)
    breaker = breaker_of(kinguin)
    ladder = shop.ladder(Breakers(breaker))
    handled: list[int] = []

    @ladder.subscribe(shop.topic, Order, needs=("kinguin",), delays_s=(1, 1))
    async def on_order(message: Message[Order]) -> None:
        async with breaker:
            if message.data.n == 7:
                raise TimeoutError
        handled.append(message.data.n)

    await ladder.start()
    await shop.send(7, *range(10, 30))
    [dead] = await shop.records(shop.dlt, at_least=1)
    assert (dead.key, story(dead)["bitloot-attempt"]) == (b"7", "3")
    assert breaker.state is State.CLOSED
    assert sorted(handled) == list(range(10, 30))
