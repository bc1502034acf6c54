"""The whole pipeline: orders per second, latency from IPN to mail, CPU per order, and where the time goes.

    python -m bench.pipeline [--orders 600] [--out FILE] [--svg FILE]

Drives a stack of its own with the sandbox as fast as it can be. Times are the database's: the webhook's
`received_at` and the timeline's `at`, one clock for all stages.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
import psutil
from bitloot_local.layout import DEFAULT_ROOT
from bitloot_local.system import System, settings

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "outside"))

from shop import Order, Shop

from bench.waterfall import waterfall

SERVICES = ("ingress", "fulfillment", "delivery", "admin")
STAGES = (
    ("IPN received", "webhook.received"),
    ("payment booked", "payment.finished"),
    ("order paid", "order.paid"),
    ("purchase begun", "order.reserving"),
    ("reserved", "order.reserved"),
    ("given", "order.given"),
    ("delivered", "order.delivered"),
    ("keys sealed", "keys.stored"),
    ("mail sent", "mail.sent"),
    ("fulfilled", "order.fulfilled"),
)

_TIMES = """
select e.order_id::text, e.event, extract(epoch from min(e.at))::float8 as at
from order_events e where e.order_id = any($1::uuid[]) group by 1, 2
union all
select w.order_id, 'webhook.received', extract(epoch from min(w.received_at))::float8
from webhook_logs w where w.order_id = any($2::text[]) and w.event_type = 'finished' group by 1
"""


@dataclass(frozen=True, slots=True)
class Run:
    """The stage times of each order, in seconds of one clock."""

    times: list[dict[str, float]]

    def between(self, first: str, last: str) -> list[float]:
        return [one[last] - one[first] for one in self.times if first in one and last in one]

    def span_s(self, first: str, last: str) -> float:
        return max(one[last] for one in self.times) - min(one[first] for one in self.times)


class Pipeline:
    """One stack under measurement."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.shop = Shop(system.env)
        self._at_once = asyncio.Semaphore(32)

    async def place(self, count: int) -> list[tuple[Order, dict[str, Any]]]:
        """Orders with a payment each, not yet paid."""

        async def one(number: int) -> tuple[Order, dict[str, Any]]:
            async with self._at_once:
                order = await self.shop.order(f"bench-{time.time_ns()}-{number}@example.com")
                return order, await self.shop.payment(order)

        return await asyncio.gather(*(one(number) for number in range(count)))

    async def pay(self, placed: list[tuple[Order, dict[str, Any]]], per_s: float | None) -> None:
        """All at once, or `per_s` of them each second."""
        started = time.monotonic()

        async def one(number: int, payment: dict[str, Any]) -> None:
            if per_s:
                await asyncio.sleep(max(0.0, started + number / per_s - time.monotonic()))
            async with self._at_once:
                await self.shop.pay(payment)

        await asyncio.gather(*(one(number, payment) for number, (_, payment) in enumerate(placed)))

    async def fulfilled(self, orders: Iterable[Order], deadline_s: float = 300) -> Run:
        """Waits until all are fulfilled and reads their times."""
        ids = [order.id for order in orders]
        connection = await asyncpg.connect(self._system.env["DATABASE_URL"])
        until = time.monotonic() + deadline_s
        while True:
            done = await connection.fetchval(
                "select count(*) from orders where id = any($1::uuid[]) and status = 'fulfilled'", ids
            )
            if done == len(ids):
                break
            if time.monotonic() > until:
                raise TimeoutError(f"{done} of {len(ids)} orders fulfilled after {deadline_s:g} s")
            await asyncio.sleep(0.2)
        times: dict[str, dict[str, float]] = {}
        for row in await connection.fetch(_TIMES, ids, ids):
            times.setdefault(row["order_id"], {})[row["event"]] = row["at"]
        await connection.close()
        return Run(list(times.values()))

    async def run(self, count: int, per_s: float | None = None) -> Run:
        placed = await self.place(count)
        await self.pay(placed, per_s)
        return await self.fulfilled(order for order, _ in placed)

    def cpu_s(self) -> float:
        """User and system time of our four processes so far."""
        return sum(sum(psutil.Process(self._system.pid(name)).cpu_times()[:2]) for name in SERVICES)

    def rss_mib(self) -> dict[str, float]:
        return {name: round(psutil.Process(self._system.pid(name)).memory_info().rss / 2**20, 1) for name in SERVICES}


def percentiles(values: list[float]) -> dict[str, float]:
    """p50, p99 and max in milliseconds."""
    ordered = sorted(values)
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 1),
        "p99_ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000, 1),
        "max_ms": round(ordered[-1] * 1000, 1),
    }


async def measure(system: System, count: int, svg: Path) -> dict[str, Any]:
    """Runs all parts, one after another, and draws the waterfall."""
    pipeline = Pipeline(system)
    memory = pipeline.rss_mib()
    await pipeline.shop.provider_settings(latencyMs=0, webhookDelayMs=0, completionDelayMs=0, ipnOnCreate=False)
    await pipeline.run(20)  # warm: connections, caches, first imports

    at_rest = [await pipeline.run(1) for _ in range(20)]
    rest = [run.between("webhook.received", "mail.sent")[0] for run in at_rest]

    placed = await pipeline.place(count)
    before = pipeline.cpu_s()
    await pipeline.pay(placed, None)
    full = await pipeline.fulfilled(order for order, _ in placed)
    cpu_ms = (pipeline.cpu_s() - before) / count * 1000
    rate = count / full.span_s("webhook.received", "order.fulfilled")

    half = await pipeline.run(max(50, count // 2), per_s=rate / 2)
    latency = half.between("webhook.received", "mail.sent")
    stages = [
        (name, statistics.median(half.between(previous[1], event)) * 1000)
        for previous, (name, event) in pairwise(STAGES)
        if half.between(previous[1], event)
    ]
    picture = waterfall(stages, f"IPN to fulfilled at {rate / 2:.0f} orders/s, medians")

    await pipeline.shop.provider_settings(latencyMs=50)
    slow = await pipeline.run(200)
    await pipeline.shop.provider_settings(latencyMs=0)
    await pipeline.shop.close()
    await asyncio.to_thread(svg.write_text, picture)
    return {
        "orders": count,
        "orders_per_s": round(rate, 1),
        "orders_per_s_provider_50_ms": round(200 / slow.span_s("webhook.received", "order.fulfilled"), 1),
        "cpu_ms_per_order_all_services": round(cpu_ms, 1),
        "ipn_to_mail_at_rest": percentiles(rest),
        "ipn_to_mail_at_half_load": percentiles(latency),
        "stages_at_half_load_ms": {name: round(ms, 1) for name, ms in stages},
        "memory_at_rest_mib": memory,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the whole pipeline on a stack of its own.")
    parser.add_argument("--orders", type=int, default=600)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--svg", type=Path, default=Path("docs/waterfall.svg"))
    arguments = parser.parse_args()
    system = System(settings(DEFAULT_ROOT / "bench" / "pipeline"))
    try:
        system.up()
        results = asyncio.run(measure(system, arguments.orders, arguments.svg))
    finally:
        system.down()
    text = json.dumps(results, indent=2)
    if arguments.out:
        arguments.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
