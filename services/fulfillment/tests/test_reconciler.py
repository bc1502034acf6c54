"""Webhooks get lost: what they should have told is asked for, once, by one replica, at a bounded rate."""

import asyncio
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from bitloot_fulfillment.deadlines import DAY_S, Deadlines
from bitloot_fulfillment.errors import PurchaseInWork
from bitloot_fulfillment.order_machine import Status
from bitloot_fulfillment.reconciler import PURCHASES_LOCK, Pace, Reconciler
from eventually import eventually
from prometheus_client import REGISTRY

from .harness import COINS, Harness
from .processes import SECRETS


def reconciler(harness: Harness) -> Reconciler:
    return Reconciler(harness.shop.buyer, harness.shop.nowpayments, Pace(1.0, purchases_per_s=500, payments_per_s=500))


def made_up_for() -> float:
    """Webhooks that the reconciler had to make up for."""
    family = next(one for one in REGISTRY.collect() if one.name == "bitloot_reconciled")
    return sum(sample.value for sample in family.samples if sample.name.endswith("_total"))


async def reaches(harness: Harness, order_id: UUID, status: str) -> None:
    async def there() -> bool:
        await reconciler(harness).round_of_purchases()
        await reconciler(harness).round_of_payments()
        return await harness.status(order_id) == status

    await eventually(there, f"the reconciler brings the order to {status}")


async def test_a_lost_delivered_webhook_is_made_up_for(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.buy(order_id)
    before = made_up_for()
    await reaches(harness, order_id, "delivered")
    assert len(await harness.told(order_id, "delivery_requested")) == 1
    assert made_up_for() == before + 1


async def test_only_what_a_webhook_should_have_told_is_made_up_for(harness: Harness) -> None:
    """Our own purchase that broke off, and an order that nobody began to buy, are no lost webhooks."""
    broken, stuck = await harness.paid(), await harness.paid()
    await harness.sandbox.set(completionDelayMs=60_000)
    await harness.sandbox.fault("reserve", "error", status=429, body="json")
    with pytest.raises(Exception, match="kinguin reserve"):
        await harness.buy(broken)
    await harness.owner.execute("update reservations set next_ask_at = now() where order_id = $1", broken)
    await harness.owner.execute(
        "update orders set status_since = now() - interval '1 hour', updated_at = now() - interval '1 hour'"
        " where id = $1", stuck,
    )  # fmt: skip
    before = made_up_for()
    await reaches(harness, broken, "given")
    assert len(await harness.told(stuck, "order_paid")) == 2
    assert made_up_for() == before


async def test_a_full_batch_is_followed_by_the_next_at_once(harness: Harness) -> None:
    bought = [await harness.paid() for _ in range(5)]
    for order_id in bought:
        await harness.buy(order_id)
    await harness.owner.execute("update reservations set next_ask_at = now() where order_id = any($1)", bought)
    pace = Pace(3600.0, purchases_per_s=500, payments_per_s=500, batch_max=2)
    running = asyncio.create_task(Reconciler(harness.shop.buyer, harness.shop.nowpayments, pace).run())

    async def all_delivered() -> bool:
        return [await harness.status(one) for one in bought] == ["delivered"] * len(bought)

    await eventually(all_delivered, "five are asked about, two at a time, without an hour's pause", 30)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_give_that_was_never_sent_is_made_up_for(harness: Harness) -> None:
    if harness.settings.kinguin_api == "esa":
        pytest.skip("ESA has no give")
    order_id = await harness.paid()
    await harness.sandbox.fault("give", "error", count=1)
    with pytest.raises(Exception, match="kinguin give"):
        await harness.buy(order_id)
    assert await harness.status(order_id) == "reserved"
    await reaches(harness, order_id, "delivered")
    (_,) = await harness.sandbox.purchases(order_id)


async def test_a_purchase_that_broke_off_is_taken_up(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.sandbox.fault("reserve", "accept_then_timeout", status=502, delayMs=0)
    with pytest.raises(Exception, match="kinguin reserve"):
        await harness.buy(order_id)
    await harness.owner.execute("update reservations set next_ask_at = now() where order_id = $1", order_id)
    await reaches(harness, order_id, "delivered")
    (_,) = await harness.sandbox.purchases(order_id)


async def test_a_lost_cancel_is_made_up_for(harness: Harness) -> None:
    await harness.sandbox.set(completionDelayMs=60_000)
    order_id = await harness.paid(offer_id="kinguin-demo-offer-1")
    await harness.buy(order_id)
    await harness.sandbox.move((await harness.purchases(order_id))[0]["reservation_id"], "cancelled")
    await reaches(harness, order_id, "reserving")
    assert len(await harness.purchases(order_id)) == 2


async def open_payment(harness: Harness, order_id: UUID) -> str:
    """A payment that exists at the provider too, due to be asked about."""
    created = await harness.sandbox.create_payment(order_id)
    payment_id = await harness.payment(order_id, created["payment_id"], pay_amount=Decimal(str(created["pay_amount"])))
    await harness.owner.execute("update payments set next_ask_at = now() where payment_id = $1", payment_id)
    return payment_id


@pytest.mark.parametrize("expired_first", [False, True])
async def test_a_lost_ipn_and_a_silent_deposit_after_expiry_are_found(harness: Harness, *, expired_first: bool) -> None:
    order_id = await harness.order()
    payment_id = await open_payment(harness, order_id)
    if expired_first:
        await harness.sandbox.pay(payment_id, "expired")
        await reaches(harness, order_id, "expired")
        await harness.owner.execute("update payments set next_ask_at = now() where payment_id = $1", payment_id)
    await harness.sandbox.pay(payment_id, "finished")
    await reaches(harness, order_id, "paid")
    assert len(await harness.told(order_id, "order_paid")) == 1


async def test_what_is_still_underpaid_after_seven_days_goes_back(harness: Harness) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id, age_days=8)
    await harness.report(payment_id, "partially_paid", COINS / 2)
    await harness.owner.execute("update payments set next_ask_at = now() where payment_id = $1", payment_id)
    await reaches(harness, order_id, "refund_due")
    assert await harness.refund_due(order_id) == Decimal("5.00")
    left = await harness.owner.fetchval("select next_ask_at from payments where payment_id = $1", payment_id)
    assert left is None


async def test_a_paid_order_that_nobody_buys_is_nudged(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.owner.execute(
        "update orders set status_since = now() - interval '1 hour', updated_at = now() - interval '1 hour'"
        " where id = $1", order_id,
    )  # fmt: skip
    await reconciler(harness).round_of_purchases()
    await reconciler(harness).round_of_purchases()
    assert len(await harness.told(order_id, "order_paid")) == 2


async def test_only_one_replica_asks(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.buy(order_id)
    await harness.owner.execute("update reservations set next_ask_at = now() where order_id = $1", order_id)
    async with harness.owner.acquire() as other:
        await other.execute("select pg_advisory_lock($1)", PURCHASES_LOCK)
        assert await reconciler(harness).round_of_purchases() == 0
        await other.execute("select pg_advisory_unlock($1)", PURCHASES_LOCK)
    assert await reconciler(harness).round_of_purchases() >= 1


async def test_a_question_that_fails_is_not_put_again_at_once(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.buy(order_id)
    await harness.owner.execute("update reservations set next_ask_at = now() where order_id = $1", order_id)
    await harness.sandbox.fault("get", "error", rate=1)
    await reconciler(harness).round_of_purchases()
    (row,) = await harness.purchases(order_id)
    assert row["asked_count"] == 1
    assert row["next_ask_at"] > await harness.owner.fetchval("select now()")
    await harness.sandbox.no_faults()


async def test_an_outage_does_not_make_the_intervals_grow(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.buy(order_id)
    await harness.owner.execute("update reservations set next_ask_at = now() where order_id = $1", order_id)
    harness.shop.kinguin.breaker.trip("a test")
    await reconciler(harness).round_of_purchases()
    (row,) = await harness.purchases(order_id)
    assert row["asked_count"] == 0


async def test_bitloot_reconcile_by_hand(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.buy(order_id)

    async def delivered() -> bool:
        code, out, _ = await run_by_hand(harness, order_id)
        assert code == 0
        found = json.loads(out)
        assert found["orderId"] == str(order_id)
        return bool(found["after"] == "delivered")

    await eventually(delivered, "by hand", 60)


def by_hand(harness: Harness, **more: str) -> dict[str, str]:
    settings = harness.settings
    return os.environ | SECRETS | {
        "DATABASE_URL": settings.database_url,
        "KINGUIN_API": settings.kinguin_api,
        "KINGUIN_BASE_URL": settings.kinguin_base_url,
        "NOWPAYMENTS_BASE": settings.nowpayments_base,
    } | more  # fmt: skip


async def run_by_hand(harness: Harness, order_id: UUID, **more: str) -> tuple[int | None, str, str]:
    """`bitloot reconcile --json`: exit code, standard output, standard error."""
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).parent / "bitloot"), "reconcile", "--order", str(order_id), "--json"),
        env=by_hand(harness, **more), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_by_hand_without_postgresql_is_one_line(harness: Harness) -> None:
    away = "postgresql://nobody@127.0.0.1:9/nothing"
    code, out, err = await run_by_hand(harness, uuid4(), DATABASE_URL=away)
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1, err


async def test_by_hand_answers_json_alone_and_logs_beside_it(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.buy(order_id)
    await harness.webhook(order_id, "delivered")
    await harness.sealed(order_id, part=1, codes=1, total=1, quantity=1)
    await harness.owner.execute("update orders set status = 'given' where id = $1", order_id)
    await harness.sandbox.move((await harness.purchases(order_id))[0]["reservation_id"], "cancelled")
    code, out, err = await run_by_hand(harness, order_id)
    assert code == 0
    assert json.loads(out)["orderId"] == str(order_id), "an alert is logged, not mixed into the answer"
    assert "order.alert" in err


async def test_by_hand_holds_its_lease_against_the_service(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.sandbox.set(latencyMs=700)
    running = asyncio.create_task(run_by_hand(harness, order_id))

    async def claimed() -> bool:
        return bool(await harness.purchases(order_id))

    await eventually(claimed, "the command has the lease", 60)
    with pytest.raises(PurchaseInWork):
        await harness.buy(order_id)
    code, _, err = await running
    assert code == 0, err
    (_,) = await harness.sandbox.purchases(order_id)


def test_deadlines_grow_to_an_hour_and_payments_are_asked_for_seven_days() -> None:
    deadlines = Deadlines(60)
    assert deadlines.of(Status.GIVEN) == 60
    assert deadlines.of(Status.FULFILLED) is None
    assert deadlines.after_asking(Status.GIVEN, 3) == 202.5
    assert deadlines.after_asking(Status.GIVEN, 30) == 3600
    assert deadlines.payment(0, 0) == 60
    assert deadlines.payment(40, DAY_S) == 3600
    assert deadlines.payment(40, 7 * DAY_S - 10) == 10
    assert deadlines.payment(40, 7 * DAY_S) is None
