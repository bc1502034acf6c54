"""The reconciler: what a lost webhook should have told, it asks for. One replica at a time, at a bounded rate.

Two rounds side by side, so that a provider which is slow or strict about its rate holds up only its own:
purchases (Kinguin, and orders that nobody has begun to buy) and payments (NOWPayments).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from bitloot_common.retry import Failure, Outage
from opentelemetry import trace

from bitloot_fulfillment import metrics
from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.buyer import Buyer
from bitloot_fulfillment.money import Payment
from bitloot_fulfillment.order_machine import Status
from bitloot_fulfillment.provider_payments import ProviderPayments
from bitloot_fulfillment.store import orders, payments, purchases
from bitloot_fulfillment.store.purchases import Purchase
from bitloot_fulfillment.use_cases.reconcile_payment import reconcile_payment
from bitloot_fulfillment.use_cases.reconcile_purchase import reconcile_purchase
from bitloot_fulfillment.use_cases.take_up_order import nudge_paid_order

log = structlog.get_logger(__name__)

PURCHASES_LOCK: Final = 0x7265636F6E0001  # "recon": only who holds it asks
PAYMENTS_LOCK: Final = 0x7265636F6E0002
CAUSE: Final = Cause(None, {"by": "reconciler"})

_TRACER: Final = trace.get_tracer(__name__)

Question = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How hard the reconciler works: seconds between rounds, questions a second to each provider, a round, at once."""

    interval_s: float
    purchases_per_s: float = 20.0
    payments_per_s: float = 4.0
    batch_max: int = 200
    concurrent_max: int = 8


class Reconciler:
    """A background role; `run` ends only when cancelled."""

    def __init__(self, buyer: Buyer, provider: ProviderPayments, pace: Pace) -> None:
        self._buyer = buyer
        self._provider = provider
        self._pace = pace

    async def run(self) -> None:
        """A round, a pause, a round … for each provider; no pause after a full round."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._repeat(self.round_of_purchases))
            group.create_task(self._repeat(self.round_of_payments))

    async def _repeat(self, ask: Callable[[], Awaitable[int]]) -> None:
        while True:
            if await ask() < self._pace.batch_max:  # else more is due, and the questions keep the rate by themselves
                await asyncio.sleep(self._pace.interval_s)

    async def round_of_purchases(self) -> int:
        """Asks Kinguin what is due, unless another replica does. Returns how many questions were put."""
        return await self._alone(PURCHASES_LOCK, self._due_purchases, self._pace.purchases_per_s)

    async def round_of_payments(self) -> int:
        """Asks NOWPayments likewise."""
        return await self._alone(PAYMENTS_LOCK, self._due_payments, self._pace.payments_per_s)

    async def _alone(
        self, lock: int, due: Callable[[], Awaitable[list[tuple[str, Question]]]], rate_per_s: float
    ) -> int:
        async with self._buyer.books.reading() as connection:
            if not await connection.fetchval("select pg_try_advisory_lock($1)", lock):
                return 0
            try:
                questions = await due()
                await self._ask(questions, rate_per_s)
                return len(questions)
            finally:
                await connection.execute("select pg_advisory_unlock($1)", lock)

    async def _due_purchases(self) -> list[tuple[str, Question]]:
        stuck_s = self._buyer.deadlines.of(Status.PAID)
        assert stuck_s is not None
        async with self._buyer.books.reading() as connection:
            due = await purchases.due(connection, self._pace.batch_max)
            stuck = await orders.stuck_paid(connection, stuck_s, self._pace.batch_max)
        return [
            *(("purchase", self._about_purchase(one)) for one in due),
            *(("paid_order", self._about_paid(one)) for one in stuck),
        ]

    async def _due_payments(self) -> list[tuple[str, Question]]:
        async with self._buyer.books.reading() as connection:
            due = await payments.due(connection, self._pace.batch_max)
        return [("payment", self._about_payment(one)) for one in due]

    def _about_payment(self, payment: Payment) -> Question:
        return lambda: reconcile_payment(self._buyer.cashier, self._provider, payment, CAUSE)

    def _about_purchase(self, purchase: Purchase) -> Question:
        return lambda: reconcile_purchase(self._buyer, purchase, CAUSE)

    def _about_paid(self, order_id: UUID) -> Question:
        async def nudge() -> str:
            await nudge_paid_order(self._buyer, order_id, CAUSE)
            return "news"

        return nudge

    async def _ask(self, questions: list[tuple[str, Question]], rate_per_s: float) -> None:
        """So many a second, so many at once; a question that fails fails alone, and is due again later."""
        places = asyncio.Semaphore(self._pace.concurrent_max)
        async with asyncio.TaskGroup() as group:
            for what, question in questions:
                await places.acquire()
                group.create_task(self._put(what, question, places))
                await asyncio.sleep(1 / rate_per_s)

    async def _put(self, what: str, question: Question, places: asyncio.Semaphore) -> None:
        try:
            with _TRACER.start_as_current_span(f"reconcile {what}", record_exception=False):
                outcome = await question()
        except Outage:
            outcome = "outage"
        except Failure as error:
            outcome = "failed"
            log.info("reconciler.question.failed", what=what, error=str(error))
        except Exception:
            outcome = "failed"
            log.exception("reconciler.question.failed", what=what)
        finally:
            places.release()
        metrics.ASKED.labels(what, outcome).inc()
