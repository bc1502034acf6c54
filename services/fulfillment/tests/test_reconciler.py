"""Webhooks get lost: what they should have told is asked for, once, by one replica, at a bounded rate."""

import asyncio
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from bitloot_fulfillment.deadlines import DAY_S, Deadlines
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
    bitloot = Path(sys.executable).parent / "bitloot"
    settings = harness.settings
    env = os.environ | SECRETS | {
        "DATABASE_URL": settings.database_url,
        "KINGUIN_API": settings.kinguin_api,
        "KINGUIN_BASE_URL": settings.kinguin_base_url,
        "NOWPAYMENTS_BASE": settings.nowpayments_base,
    }  # fmt: skip

    async def delivered() -> bool:
        process = await asyncio.create_subprocess_exec(
            str(bitloot), "reconcile", "--order", str(order_id), "--json", env=env, stdout=subprocess.PIPE
        )
        out, _ = await process.communicate()
        assert process.returncode == 0
        found = json.loads(out)
        assert found["orderId"] == str(order_id)
        return bool(found["after"] == "delivered")

    await eventually(delivered, "by hand", 60)


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
