"""The delay stage: how late retries run, in which order, and what is left of the traffic beside them."""

import asyncio
import statistics
import time
from collections import Counter
from typing import Any
from uuid import uuid4

from bitloot_common.retry import Ladder, Message, Transient, metrics

from bench.ladder_stage import DELAYS_S, Finish, Order, Stage

FED_PER_S = (500, 1_000, 2_000)
BESIDE_PER_S = 1_000
BESIDE_S = 10
INVERSION_S = 0.05


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
        self.inversions += due < self._due.get(self._step, 0.0) - INVERSION_S
        self._due[self._step] = max(due, self._due.get(self._step, 0.0))
        self.seconds.append(late_s)

    def figures(self) -> dict[str, int]:
        hundredths = statistics.quantiles(self.seconds, n=100)
        p50, p99 = (round(hundredths[n] * 1000) for n in (49, 98))
        return {"p50 ms": p50, "p99 ms": p99, "out of order": self.inversions}


async def measure(stage: Stage, count: int) -> dict[str, Any]:
    alone = await _beside_alone(stage)
    found: dict[str, Any] = {"other messages/s undisturbed": round(alone)}
    for rate_per_s in (*FED_PER_S, None):
        name = f"fed at {rate_per_s}/s" if rate_per_s else "all at once"
        found[name] = await climb(stage, min(count, (rate_per_s or count) * 20), rate_per_s=rate_per_s, alone=alone)
    return found


async def climb(stage: Stage, count: int, *, rate_per_s: float | None, alone: float) -> dict[str, Any]:
    """`count` messages fail at every step but the last; others arrive beside them. Fails if one is lost."""
    lateness = Lateness()
    metrics.lateness_s, before = lateness.labels, metrics.lateness_s  # type: ignore[assignment]
    service = f"climb{uuid4().hex[:6]}"
    ladder, topic, other = Ladder(service, stage.bootstrap_servers), f"{service}.orders", f"{service}.other"
    recovered: Counter[int] = Counter()
    done = asyncio.Event()
    first = 0.0

    @ladder.subscribe(topic, Order, delays_s=DELAYS_S)
    async def fail(message: Message[Order]) -> None:
        nonlocal first
        first = first or time.monotonic()
        if message.attempt <= len(DELAYS_S):
            raise Transient("not yet")
        recovered[message.data.n] += 1
        if len(recovered) == count:
            done.set()

    beside = _subscribe_other(ladder, other)
    await stage.topics(service, topic, other)
    await ladder.start()
    cpu_s = time.process_time()
    feeding = asyncio.create_task(stage.fill(topic, count, rate_per_s=rate_per_s))
    per_s = await _rate(stage, other, beside)
    await feeding
    async with asyncio.timeout(600):
        await done.wait()
    took_s, cpu_s = time.monotonic() - first, time.process_time() - cpu_s
    await ladder.stop()
    metrics.lateness_s = before
    assert set(recovered) == set(range(count)), "a message was lost"
    beside_ratio = {"other messages/s beside": round(per_s), "to undisturbed": round(per_s / alone, 2)}
    # six attempts each, and the others
    cost_ms = cpu_s * 1000 / (count * (len(DELAYS_S) + 1) + BESIDE_PER_S * BESIDE_S)
    return {**lateness.figures(), **beside_ratio, "all through after s": round(took_s), "ms cpu": round(cost_ms, 3)}


def _subscribe_other(ladder: Ladder, topic: str) -> Finish:
    finish = Finish(BESIDE_PER_S * BESIDE_S)

    @ladder.subscribe(topic, Order, delays_s=DELAYS_S)
    async def handle(message: Message[Order]) -> None:  # noqa: ARG001
        finish.one()

    return finish


async def _rate(stage: Stage, topic: str, finish: Finish) -> float:
    """Ten seconds of other messages at a steady rate: how fast they were handled."""
    await stage.fill(topic, BESIDE_PER_S * BESIDE_S, rate_per_s=BESIDE_PER_S)
    return await finish.per_s()


async def _beside_alone(stage: Stage) -> float:
    service = f"alone{uuid4().hex[:6]}"
    ladder, topic = Ladder(service, stage.bootstrap_servers), f"{service}.other"
    finish = _subscribe_other(ladder, topic)
    await stage.topics(service, topic)
    await ladder.start()
    per_s = await _rate(stage, topic, finish)
    await ladder.stop()
    return per_s
