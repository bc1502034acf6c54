"""The delay stage: how late retries run, in which order, and what is left of the traffic beside them."""

import asyncio
import statistics
import time
from collections import Counter
from typing import Any
from uuid import uuid4

from bitloot_common.retry import Ladder, Message, Transient, metrics

from bench.ladder_stage import DELAYS_S, Finish, Order, Stage

FED_PER_S = 2_000
BESIDE_PER_S = 1_000


class Lateness:
    """Stands in for the histogram: keeps every value, and notes when a step ran out of the order of due times."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.inversions = 0
        self._due: dict[str, float] = {}

    def labels(self, step: str) -> "Lateness":
        self._step = step
        return self

    def observe(self, late_s: float) -> None:
        due = time.time() - late_s
        self.inversions += due < self._due.get(self._step, 0.0) - 0.005
        self._due[self._step] = max(due, self._due.get(self._step, 0.0))
        self.seconds.append(late_s)

    def p99_ms(self) -> int:
        return round(statistics.quantiles(self.seconds, n=100)[98] * 1000)


async def measure(stage: Stage, count: int) -> dict[str, Any]:
    fed, _ = await _climb(stage, count, rate_per_s=FED_PER_S)
    flood, flood_beside = await _climb(stage, count, rate_per_s=None)
    alone = await _beside(stage, None)
    return {
        f"p99 lateness ms, fed at {FED_PER_S}/s": fed.p99_ms(),
        "p99 lateness ms, all at once": flood.p99_ms(),
        "out of order of due times": fed.inversions + flood.inversions,
        "other messages/s beside all at once": round(flood_beside),
        "other messages/s undisturbed": round(alone),
        "ratio": round(flood_beside / alone, 2),
    }


async def _climb(stage: Stage, count: int, *, rate_per_s: float | None) -> tuple[Lateness, float]:
    """`count` messages fail at every step but the last; others arrive beside them. Fails if one is lost."""
    lateness = Lateness()
    metrics.lateness_s, before = lateness.labels, metrics.lateness_s  # type: ignore[assignment]
    service = f"climb{uuid4().hex[:6]}"
    ladder, topic, other = Ladder(service, stage.bootstrap_servers), f"{service}.orders", f"{service}.other"
    recovered: Counter[int] = Counter()
    done = asyncio.Event()

    @ladder.subscribe(topic, Order, delays_s=DELAYS_S)
    async def fail(message: Message[Order]) -> None:
        if message.attempt <= len(DELAYS_S):
            raise Transient("not yet")
        recovered[message.data.n] += 1
        if len(recovered) == count:
            done.set()

    beside = _subscribe_other(ladder, other)
    await stage.topics(service, topic, other)
    await ladder.start()
    feeding = asyncio.create_task(stage.fill(topic, count, rate_per_s=rate_per_s))
    per_s = await _rate(stage, other, beside)
    await feeding
    async with asyncio.timeout(600):
        await done.wait()
    await ladder.stop()
    metrics.lateness_s = before
    assert set(recovered) == set(range(count)), "a message was lost"
    return lateness, per_s


def _subscribe_other(ladder: Ladder, topic: str) -> Finish:
    finish = Finish(BESIDE_PER_S * 10)

    @ladder.subscribe(topic, Order, delays_s=DELAYS_S)
    async def handle(message: Message[Order]) -> None:  # noqa: ARG001
        finish.one()

    return finish


async def _rate(stage: Stage, topic: str, finish: Finish) -> float:
    """Ten seconds of other messages at a steady rate: how fast they were handled."""
    await stage.fill(topic, BESIDE_PER_S * 10, rate_per_s=BESIDE_PER_S)
    return await finish.per_s()


async def _beside(stage: Stage, _: None) -> float:
    service = f"alone{uuid4().hex[:6]}"
    ladder, topic = Ladder(service, stage.bootstrap_servers), f"{service}.other"
    finish = _subscribe_other(ladder, topic)
    await stage.topics(service, topic)
    await ladder.start()
    per_s = await _rate(stage, topic, finish)
    await ladder.stop()
    return per_s
