"""Chaos: many orders through the whole system while providers misbehave and every process is killed.

The oracle stands outside: the sandbox's ledger says what was bought, the mailbox what was delivered. One run
is decided by its seed, as far as the operating system's timing lets it be.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from shop import LINK, Order, Shop
from stack import SERVICES, Stack

T = TypeVar("T")

ENGINES = ("kafka", "postgres")

FAULTS: tuple[dict[str, Any], ...] = (
    {"provider": "kinguin", "operation": "*", "mode": "error", "rate": 0.10},
    {"provider": "kinguin", "operation": "reserve", "mode": "accept_then_timeout", "rate": 0.05, "delayMs": 12_000},
    {"provider": "kinguin", "operation": "webhook", "mode": "duplicate_webhook", "rate": 0.10},
    {"provider": "kinguin", "operation": "webhook", "mode": "reorder_webhooks", "rate": 0.10},
    {"provider": "kinguin", "operation": "webhook", "mode": "drop_webhook", "rate": 0.10},
    {"provider": "kinguin", "operation": "webhook", "mode": "late_webhook", "rate": 0.05, "delayMs": 20_000},
    {"provider": "nowpayments", "operation": "webhook", "mode": "duplicate_webhook", "rate": 0.10},
    {"provider": "nowpayments", "operation": "webhook", "mode": "drop_webhook", "rate": 0.05},
)

# what becomes of the payment, and how often
WAYS = {"walked": 60, "finished": 25, "topped_up": 5, "unpaid": 5, "expired": 5}
PAID = {"walked", "finished", "topped_up"}
UNPAID_ENDS = {"unpaid": "awaiting_payment", "expired": "expired"}


@dataclass(frozen=True)
class Plan:
    """How much chaos. Times in seconds."""

    seed: int
    orders: int
    at_once: int = 20
    kill_every_s: float = 4.0
    engine_restarts: int = 2
    settle_s: float = 300.0


@dataclass
class Tally:
    """What a run found."""

    ways: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    """Processes that were alive and got `kill -9`."""
    violations: list[str] = field(default_factory=list)
    mailed_twice: int = 0
    purchases: int = 0
    run_s: float = 0.0
    settle_s: float = 0.0

    def __str__(self) -> str:
        lines = [
            f"paid {sum(self.ways[way] for way in PAID)} of {self.ways.total()} orders: {dict(self.ways)}",
            f"ended {dict(self.ended)}; bought {self.purchases} times; second mails {self.mailed_twice}",
            f"killed {dict(self.kills)}; under chaos {self.run_s:.0f} s, settled after {self.settle_s:.0f} s",
            *self.violations,
        ]
        return "\n".join(lines)


class Chaos:
    """One run against `stack`, driven through `shop`."""

    def __init__(self, shop: Shop, stack: Stack, plan: Plan) -> None:
        self._shop = shop
        self._stack = stack
        self._plan = plan
        self._random = random.Random(plan.seed)
        self._run = uuid4().hex[:8]  # of one seed there may be two runs on the same data: their orders are not the same
        self._orders: dict[str, tuple[Order, str]] = {}
        self._each_was_killed = asyncio.Event()
        self.tally = Tally()

    async def run(self) -> Tally:
        """Places, pays, kills, waits and compares. Returns what was found; `violations` should be empty.

        Chaos lasts until the customers are done, both engines were restarted and each service was killed.
        """
        started = time.monotonic()
        for fault in FAULTS:
            await self._shop.fault(**fault)
        customers = asyncio.gather(*self._customers())
        killer = asyncio.create_task(self._kill())
        breaker = asyncio.create_task(self._restart_engines())
        try:
            await customers
            await breaker
            await asyncio.wait(
                (killer, asyncio.create_task(self._each_was_killed.wait())), return_when="FIRST_COMPLETED"
            )
        finally:
            killer.cancel()
            await asyncio.gather(killer, return_exceptions=True)
        await asyncio.to_thread(self._revive)
        await self._shop.no_faults()
        self.tally.run_s = time.monotonic() - started
        self._missed_kills()
        await self._settle()
        await self._compare()
        return self.tally

    def _missed_kills(self) -> None:
        """A run in which a process was never killed proves nothing about it."""
        never = [name for name in (*SERVICES, *ENGINES) if not self.tally.kills[name]]
        self.tally.violations += [f"{name} was never killed" for name in never]

    # ── what customers do ──────────────────────────────────────────────────────

    def _customers(self) -> list[Awaitable[None]]:
        turn = asyncio.Semaphore(self._plan.at_once)
        ways = self._random.choices(list(WAYS), list(WAYS.values()), k=self._plan.orders)

        async def customer(number: int, way: str) -> None:
            async with turn:
                await self._buy(number, way)

        return [customer(number, way) for number, way in enumerate(ways)]

    async def _buy(self, number: int, way: str) -> None:
        email = f"chaos-{self._plan.seed}-{number}-{self._run}@example.com"
        quantity = 1 + number % 3 // 2
        order = await patiently(lambda: self._shop.order(email, quantity=quantity, **{"Idempotency-Key": email}))
        payment = await patiently(lambda: self._shop.payment(order))
        self._orders[order.id] = (order, way)
        self.tally.ways[way] += 1
        match way:
            case "walked":
                await patiently(lambda: self._shop.pay(payment, "finished", walk=True, stepMs=50))
            case "finished":
                await patiently(lambda: self._shop.pay(payment))
            case "topped_up":
                half = float(payment["payAmount"]) / 2
                await patiently(lambda: self._shop.pay(payment, "partially_paid", actuallyPaid=half))
                await patiently(lambda: self._shop.pay(payment))
            case "expired":
                await patiently(lambda: self._shop.pay(payment, "expired"))

    # ── what fate does ─────────────────────────────────────────────────────────

    async def _kill(self) -> None:
        """Each service once, in an order of the seed's; then whichever."""
        first = self._random.sample(SERVICES, len(SERVICES))
        while True:
            await asyncio.sleep(self._random.uniform(0.5, 1.5) * self._plan.kill_every_s)
            victim = first.pop() if first else self._random.choice(SERVICES)
            await asyncio.to_thread(self._kill_and_start, victim)
            if not first:
                self._each_was_killed.set()

    async def _restart_engines(self) -> None:
        for engine in [*ENGINES] * self._plan.engine_restarts:
            await asyncio.sleep(self._random.uniform(1.0, 3.0) * self._plan.kill_every_s)
            await asyncio.to_thread(self._kill_and_start, engine)

    def _kill_and_start(self, name: str) -> None:
        if not self._stack.alive(name):  # it did not come back from the last one yet
            self._start(name)
        if self._stack.alive(name):
            self._stack.kill(name)
            self.tally.kills[name] += 1
        self._start(name)

    def _start(self, name: str) -> None:
        """A service may find its engine away while it starts, and gives up: a supervisor would try again."""
        for _ in range(10):
            try:
                self._stack.start(name)
            except Exception as error:
                failed = error
            else:
                return
        self.tally.violations.append(f"{name} did not come back: {failed}")

    def _revive(self) -> None:
        for name in (*ENGINES, *SERVICES):
            if not self._stack.alive(name):
                self._start(name)

    # ── what must have come out ────────────────────────────────────────────────

    async def _settle(self) -> None:
        """Waits until every order is where its payment and Kinguin's ledger say that it ends, within the bound."""
        started = time.monotonic()
        waiting, seen = set(self._orders), dict[str, Any]()
        while waiting and time.monotonic() - started < self._plan.settle_s:
            bought = await self._bought()
            for order_id in sorted(waiting):
                seen[order_id] = (await self._shop.admin_order(order_id)).get("status")
                if seen[order_id] == _expected(self._orders[order_id][1], bought.get(order_id, [])):
                    waiting.discard(order_id)
            await asyncio.sleep(0.5)
        self.tally.settle_s = time.monotonic() - started
        bought = await self._bought()
        for order_id in sorted(waiting):
            way = self._orders[order_id][1]
            wanted = _expected(way, bought.get(order_id, []))
            self.tally.violations.append(f"{order_id} ({way}) is {seen.get(order_id)}, not {wanted}")

    async def _bought(self) -> dict[str, list[dict[str, Any]]]:
        """Kinguin's ledger, by order."""
        bought: dict[str, list[dict[str, Any]]] = {}
        for purchase in await self._shop.purchases():
            bought.setdefault(purchase["orderId"].split(":")[0], []).append(purchase)
        return bought

    async def _compare(self) -> None:
        """The ledger and the mailbox against what the customers paid for."""
        bought = await self._bought()
        mails: dict[str, list[dict[str, Any]]] = {}
        for mail in (await self._shop.http.get(f"{self._shop.mailbox}/api/email", timeout=60)).json():
            if LINK.search(mail.get("text") or ""):
                mails.setdefault(mail["to"][0]["address"], []).append(mail)
        for order, way in self._orders.values():
            status = (await self._shop.admin_order(order.id)).get("status", "unknown")
            self.tally.ended[status] += 1
            self._judge(order, way, status, bought.get(order.id, []), mails.get(order.email, []))

    def _judge(
        self, order: Order, way: str, status: str, bought: list[dict[str, Any]], mails: list[dict[str, Any]]
    ) -> None:
        kept = [one for one in bought if one["bought"]]
        self.tally.purchases += len(kept)
        wrong = self.tally.violations
        if status != _expected(way, bought):  # it was there once, and moved on from where it ends
            wrong.append(f"{order.id} ({way}) ended {status}, not {_expected(way, bought)}")
        if way not in PAID:
            if bought:
                wrong.append(f"{order.id} ({way}) was bought though nobody paid")
            return
        if len(kept) > 1:
            wrong.append(f"{order.id} was bought {len(kept)} times")
        if not kept:
            wrong.append(f"{order.id} ({way}) was paid and never bought")
        if kept and not mails:
            wrong.append(f"{order.id} was bought and never mailed")
        self.tally.mailed_twice += len(mails) > 1
        if len({mail["headers"].get("message-id") for mail in mails}) > 1:
            wrong.append(f"{order.id} got {len(mails)} mails with different Message-IDs")


def _expected(way: str, bought: list[dict[str, Any]]) -> str:
    """The state in which an order ends, by what became of its payment and by what Kinguin says it sold."""
    if way not in PAID:
        return UNPAID_ENDS[way]
    kept = [one for one in bought if one["bought"]]
    if not kept:
        return "refund_due"
    handed_over = sum(code["visible"] for one in kept for code in one["codes"])
    return "fulfilled" if handed_over == kept[0]["quantity"] else "partly_fulfilled"


async def patiently(act: Callable[[], Awaitable[T]], deadline_s: float = 120.0) -> T:
    """As a customer's page does: tries again while the shop is away."""
    until = time.monotonic() + deadline_s
    while True:
        try:
            return await act()
        except (httpx.HTTPError, AssertionError):
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.3)
