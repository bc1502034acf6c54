"""Random interleavings of everything that can happen to an order, against the promises.

The real use cases on a real database; Kinguin, the broker and delivery are played here, so that every order of
messages, repeats, losses, refusals and deaths of the process can occur. After each step: at most one living
purchase, none for an unpaid order. At the end, when everything is heard of at last: nothing is lost.
"""

import asyncio
import os
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from uuid import uuid4

import asyncpg
import pytest
from bitloot_common import db
from bitloot_common.events.delivery import KeysStored, LinkMailed
from bitloot_common.events.envelope import Event
from bitloot_common.events.fulfillment import DeliveryRequested, OrderPaid
from bitloot_common.events.ingress import KinguinEsaWebhook, KinguinWebhook
from bitloot_common.outbox import Outbox
from bitloot_common.retry import NotYet, Transient
from bitloot_common.settings import DatabaseSettings
from bitloot_fulfillment.books import Books, Cause
from bitloot_fulfillment.buyer import Buyer
from bitloot_fulfillment.cashier import Cashier
from bitloot_fulfillment.deadlines import Deadlines
from bitloot_fulfillment.kinguin_news import PurchasePolicy, of_webhook
from bitloot_fulfillment.money import PaymentPolicy, PaymentReport
from bitloot_fulfillment.store import payments, purchases
from bitloot_fulfillment.use_cases.accept_payment import accept_payment
from bitloot_fulfillment.use_cases.mark_fulfilled import mark_fulfilled
from bitloot_fulfillment.use_cases.mark_stored import mark_stored
from bitloot_fulfillment.use_cases.reconcile_payment import reconcile_payment
from bitloot_fulfillment.use_cases.reconcile_purchase import reconcile_purchase
from bitloot_fulfillment.use_cases.record_kinguin_event import record_kinguin_event
from bitloot_fulfillment.use_cases.reserve_key import reserve_key
from bitloot_kinguin import ReservationStatus
from bitloot_local.pytest_plugin import Database
from bitloot_nowpayments import Payment
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from .fakes import FakeKinguin, Killed, Sale
from .till import COINS, Deposit, Till

T = TypeVar("T")

PRICE = Decimal("9.99")
ENDS = ("fulfilled", "partly_fulfilled", "refund_due", "underpaid", "cancelled")
EXAMPLES = int(os.environ.get("INTERLEAVINGS", "25"))
PHASES = tuple(Phase) if "INTERLEAVINGS_SHRINK" in os.environ else (Phase.explicit, Phase.reuse, Phase.generate)
"""Shrinking may take minutes: ask for it when there is something to shrink."""

DRAIN_ROUNDS_MAX = 40


@dataclass(frozen=True)
class InFlight:
    """A message that may be delivered now, later, twice or (webhooks only) never."""

    id: str
    data: Event | PaymentReport


class NobodyAsked:
    """NOWPayments, after it has stopped looking."""

    async def get_payment(self, payment_id: str) -> Payment:
        raise AssertionError(payment_id)


class World:
    """One order, the shop around it, and everything that is on its way."""

    def __init__(self, pool: db.Pool, owner: asyncpg.Pool, api: str, quantity: int) -> None:
        self.pool = pool
        self.owner = owner
        self.quantity = quantity
        self.in_flight: list[InFlight] = []
        self.history: list[InFlight] = []
        self.statuses: list[str] = ["created"]
        self.sealed = 0
        self.parts = 0
        self.kinguin = FakeKinguin(api, self._webhook)
        self.deadlines = Deadlines(60)
        self.start()

    def start(self) -> None:
        """A new process: a new outbox instance; the lease of the old one is nobody's."""
        self.outbox = Outbox("fulfillment")
        self.books = Books(self.pool, self.outbox)
        self.cashier = Cashier(self.books, PaymentPolicy(), self.deadlines)
        self.buyer = Buyer(self.books, self.kinguin, self.cashier, self.deadlines, PurchasePolicy(), 5)

    async def place(self) -> None:
        self.order_id = uuid4()
        self.till = Till(self.order_id)
        await self.owner.execute(
            "insert into orders (id, email, product_id, product_name, kinguin_product_id, price_ceiling, quantity,"
            " unit_price, amount, currency, session_token_hash)"
            " values ($1, 'a@example.com', 'demo', 'Demo', 'p', 9.5, $2, 9.99, $3, 'EUR', '\\x00')",
            self.order_id, self.quantity, PRICE * self.quantity,
        )  # fmt: skip
        for root in self.till.roots:
            await self.owner.execute(
                "insert into payments (id, order_id, payment_id, status, price_amount, price_currency, pay_amount,"
                " pay_currency, next_ask_at) values ($1, $2, $3, 'waiting', $4, 'EUR', $5, 'btc', now())",
                uuid4(), self.order_id, root.payment_id, PRICE * self.quantity, COINS,
            )  # fmt: skip

    # what the others say

    def _webhook(self, sale: Sale, event: str) -> None:
        reservation = sale.reservation
        webhook: Event
        if self.kinguin.api == "esa":
            words = {"delivered": "completed", "cancel": "canceled", "refunded": "refunded"}
            if event not in words:
                return
            webhook = KinguinEsaWebhook(
                order_id=reservation.id, order_external_id=reservation.external_id, status=words[event]
            )
        else:
            body = {"reservationId": reservation.id, "event": event, "externalId": reservation.external_id}
            webhook = KinguinWebhook.model_validate(body)
        self.in_flight.append(InFlight(str(uuid4()), webhook))

    def pay(self, deposit: Deposit, status: str, amount: Decimal) -> None:
        """The provider's view moves on and an IPN says so."""
        self.in_flight.append(InFlight(str(uuid4()), self.till.say(deposit, status, amount)))

    async def collect(self) -> None:
        """What the relay would publish."""
        rows = await self.owner.fetch("delete from outbox where key = $1 returning *", str(self.order_id))
        models: dict[str, type[Event]] = {model.TYPE: model for model in (OrderPaid, DeliveryRequested)}
        for row in sorted(rows, key=lambda row: row["id"]):
            model = models.get(row["headers"]["ce_type"])
            if model:
                self.in_flight.append(InFlight(str(row["id"]), model.from_value(row["value"])))

    # what we do with it

    async def deliver(self, message: InFlight) -> bool:
        """Handles it as the ladder would. False when it has to come again."""
        cause = Cause(message.id, {})
        try:
            await self._handle(message.data, cause)
        except (Transient, NotYet):
            return False
        except Killed:
            self.start()
            return False
        finally:
            await self.collect()
            self.statuses.append(await self.owner.fetchval("select status from orders where id = $1", self.order_id))
        return True

    async def _handle(self, data: Event | PaymentReport, cause: Cause) -> None:
        match data:
            case PaymentReport():
                await accept_payment(self.cashier, data, cause)
            case OrderPaid():
                await reserve_key(self.buyer, data.order_id, cause)
            case KinguinWebhook() | KinguinEsaWebhook():
                await record_kinguin_event(self.buyer, of_webhook(data), cause)
            case DeliveryRequested():
                await self._seal(data)
            case KeysStored():
                await mark_stored(self.books, self.deadlines, data, cause)
            case LinkMailed():
                await mark_fulfilled(self.books, data, cause)

    async def _seal(self, request: DeliveryRequested) -> None:
        """Delivery: fetches what is new, seals it as this part, once."""
        if request.part <= self.parts:
            return
        assert request.part == self.parts + 1, "parts are asked for in their order"
        codes = len((await self.kinguin.delivered(request.reservation_id)).codes) - self.sealed
        assert codes > 0, "a part is asked for only when there are new codes"
        self.parts, self.sealed = request.part, self.sealed + codes
        await self.owner.execute(
            "insert into keys (id, order_id, part, reservation_id, storage_ref, codes_count, wrapped_key, kid,"
            " sealed_at)"
            " values ($1, $2, $3, $4, $5, $6, 'w', 'k', now())",
            uuid4(), self.order_id, request.part, request.reservation_id, str(uuid4()), codes,
        )  # fmt: skip
        complete = self.sealed == request.quantity
        stored = KeysStored(
            order_id=self.order_id, part=request.part, storage_ref="r", codes_stored=self.sealed,
            quantity=request.quantity, complete=complete,
        )  # fmt: skip
        mailed = LinkMailed(order_id=self.order_id, delivery_id=uuid4(), purpose="keys", complete=complete)
        self.in_flight += [InFlight(str(uuid4()), stored), InFlight(str(uuid4()), mailed)]

    async def reconcile(self) -> None:
        async with self.pool.acquire() as connection:
            purchase = await purchases.current(connection, self.order_id)
        if purchase is None:
            return
        try:
            await reconcile_purchase(self.buyer, purchase, Cause(), by_hand=True)
        except (Transient, NotYet):
            pass
        except Killed:
            self.start()
        await self.collect()

    async def drain(self) -> None:
        """Everybody gets through at last: no more faults, all messages heard, the reconciler asks."""
        self.kinguin.faults.clear()
        for _ in range(DRAIN_ROUNDS_MAX):
            for sale in self.kinguin.alive(str(self.order_id)):
                if sale.reservation.status is ReservationStatus.GIVEN:
                    self.kinguin.hand_over(sale, self.quantity)
            await self.reconcile()
            waiting, self.in_flight = self.in_flight, []
            for message in waiting:
                if not await self.deliver(message):
                    self.in_flight.append(message)
            if not self.in_flight and await self.status() in ENDS:
                return
            if not self.in_flight and not self.till.anything:
                return

    async def a_week_passes(self) -> None:
        """NOWPayments looks at none of the payments any more, and the reconciler finds out one by one."""
        await self.owner.execute(
            "update payments set created_at = created_at - interval '8 days' where order_id = $1", self.order_id
        )
        async with self.pool.acquire() as connection, connection.transaction():
            booked = await payments.of_order(connection, self.order_id)
        for payment in booked:
            if payment.next_ask_at:
                await reconcile_payment(self.cashier, NobodyAsked(), payment, Cause())

    async def debt(self) -> tuple[Decimal, bool]:
        """What the shop has written down: the sum, and whether anything is owed."""
        row = await self.owner.fetchrow("select refund_due, refund_due_since from orders where id = $1", self.order_id)
        assert row
        return row["refund_due"] or Decimal(0), row["refund_due_since"] is not None

    async def status(self) -> str:
        status: str = await self.owner.fetchval("select status from orders where id = $1", self.order_id)
        return status


class OrderLife(RuleBasedStateMachine):
    """What may happen, in any order and as often as it likes."""

    runner: ClassVar[asyncio.Runner]
    pool: ClassVar[db.Pool]
    owner: ClassVar[asyncpg.Pool]

    def run_(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize(api=st.sampled_from(["reservations", "esa"]), quantity=st.sampled_from([1, 1, 3]))
    def place(self, api: str, quantity: int) -> None:
        async def made() -> World:
            world = World(self.pool, self.owner, api, quantity)
            await world.place()
            return world

        self.world = self.run_(made())

    @rule(
        status=st.sampled_from(["waiting", "confirming", "finished", "finished", "expired"]),
        which=st.sampled_from([0, 0, 0, 1]),
        times=st.sampled_from([1, 1, 1, 2]),
    )
    def the_customer_pays(self, status: str, which: int, times: int) -> None:
        root = self.world.till.roots[which]
        self.world.pay(root, status, COINS * times if status == "finished" else root.paid)

    @rule(which=st.sampled_from([0, 0, 1]))
    def the_customer_pays_half(self, which: int) -> None:
        root = self.world.till.roots[which]
        self.world.pay(root, "partially_paid", max(root.paid, COINS / 2))

    @rule(which=st.sampled_from([2, 3]), share=st.sampled_from([1, 2, 4]))
    def the_customer_sends_more_to_the_same_address(self, which: int, share: int) -> None:
        self.world.pay(self.world.till.deposits[which], "finished", COINS / share)

    @rule(which=st.integers(0, 3))
    def the_customer_is_refunded(self, which: int) -> None:
        deposit = self.world.till.deposits[which]
        if deposit.was_here:
            self.world.pay(deposit, "refunded", deposit.paid)

    @rule(which=st.integers(0, 1000))
    def a_message_arrives(self, which: int) -> None:
        if self.world.in_flight:
            message = self.world.in_flight.pop(which % len(self.world.in_flight))
            self.world.history.append(message)
            if not self.run_(self.world.deliver(message)):
                self.world.in_flight.append(message)

    @rule(which=st.integers(0, 1000))
    def a_message_arrives_again(self, which: int) -> None:
        if self.world.history:
            self.run_(self.world.deliver(self.world.history[which % len(self.world.history)]))

    @rule(which=st.integers(0, 1000))
    def a_webhook_is_lost(self, which: int) -> None:
        webhooks = [one for one in self.world.in_flight if isinstance(one.data, KinguinWebhook | KinguinEsaWebhook)]
        if webhooks:
            self.world.in_flight.remove(webhooks[which % len(webhooks)])

    @rule(fault=st.sampled_from(["unclear", "accepted_unclear", "killed", "unavailable", "out_of_stock"]))
    def the_next_purchase_goes_wrong(self, fault: str) -> None:
        self.world.kinguin.faults.append(fault)

    @rule(codes=st.integers(1, 3))
    def kinguin_hands_codes_over(self, codes: int) -> None:
        for sale in self.world.kinguin.alive(str(self.world.order_id)):
            if sale.reservation.status is ReservationStatus.GIVEN:
                self.world.kinguin.hand_over(sale, codes)

    @rule()
    def kinguin_cancels(self) -> None:
        for sale in self.world.kinguin.alive(str(self.world.order_id)):
            if sale.reservation.status in (ReservationStatus.RESERVED, ReservationStatus.GIVEN):
                self.world.kinguin.move(sale, ReservationStatus.CANCELLED, "cancel")

    @rule()
    def the_reconciler_asks(self) -> None:
        self.run_(self.world.reconcile())

    @invariant()
    def at_most_one_purchase_lives_and_none_unpaid(self) -> None:
        if not hasattr(self, "world"):
            return
        alive = self.world.kinguin.alive(str(self.world.order_id))
        assert len(alive) <= 1, f"bought {len(alive)} times"
        assert not alive or self.world.till.most >= 1, "bought without money"

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        world = self.world
        self.run_(world.drain())
        self.run_(world.a_week_passes())
        status = self.run_(world.status())
        alive = world.kinguin.alive(str(world.order_id))
        story = f"{world.statuses} -> {status}, {world.in_flight}, {world.till.deposits}"
        assert not world.in_flight, f"never handled: {story}"
        kept = Decimal(world.sealed) / world.quantity
        owed = world.till.owed(status, PRICE * world.quantity, kept)
        assert self.run_(world.debt()) == owed, f"{owed} must be owed: {story}"
        assert owed[1] or status != "refund_due", f"nothing is owed: {story}"
        assert not owed[1] or status not in ("cancelled", "expired"), f"ended, and owes: {story}"
        if world.till.most >= 1:
            ends: tuple[str, ...] = ("fulfilled", "partly_fulfilled", "refund_due")
            if world.till.refunded:  # and heard of before the money was: then an unpaid order stays what it is
                ends = (*ends, "expired", "cancelled")
            assert status in ends, story
            assert len(alive) == (1 if status in ("fulfilled", "partly_fulfilled") else 0), story
            assert world.sealed == sum(sale.ready for sale in alive), story
            assert (world.sealed == world.quantity) == (status == "fulfilled"), story
        else:
            assert alive == [], story
            assert status in ("expired", "refund_due", "cancelled"), story


@pytest.fixture
def life(database: Database) -> Iterator[type[OrderLife]]:
    """The machine with a loop and connections of its own: Hypothesis calls it from outside of any loop."""
    with asyncio.Runner() as runner:
        OrderLife.runner = runner
        shop = DatabaseSettings(database_url=database.url_of("fulfillment"))
        OrderLife.pool = runner.run(db.open_pool(shop, application="test-interleavings"))
        OrderLife.owner = runner.run(_owner(database.url))
        yield OrderLife
        runner.run(OrderLife.owner.close())
        runner.run(OrderLife.pool.close())


async def _owner(url: str) -> asyncpg.Pool:
    return await asyncpg.create_pool(url, min_size=1, max_size=2, init=db.prepare)


def test_the_promises_hold_in_every_interleaving(life: type[OrderLife]) -> None:
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=30, deadline=None, print_blob=True, phases=PHASES,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
