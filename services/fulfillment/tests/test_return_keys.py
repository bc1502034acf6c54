"""Money back for keys of an order that has ended; and a warning before the balance runs out."""

import asyncio
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from bitloot_fulfillment.balance import BalanceWatch
from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.use_cases.return_keys import NotReturnable, return_keys
from bitloot_kinguin import Refused
from eventually import eventually
from prometheus_client import REGISTRY, generate_latest
from structlog.testing import capture_logs

from .harness import Harness


@pytest.fixture
def api() -> str:
    """ESA: the one that takes keys back."""
    return "esa"


async def give_back(harness: Harness, order_id: UUID) -> str:
    return await return_keys(harness.shop.buyer, order_id, Cause(None, {"actor": "ann"}))


async def an_ended_order_with_keys(harness: Harness) -> UUID:
    """Cancelled here, delivered there."""
    order_id = await harness.paid()
    await harness.buy(order_id)
    await harness.sandbox.move((await harness.purchases(order_id))[0]["reservation_id"], "delivered")
    await harness.owner.execute("update orders set status = 'refund_due', refund_due = amount where id = $1", order_id)
    return order_id


async def test_keys_of_an_ended_order_go_back_once_and_the_money_comes(harness: Harness) -> None:
    order_id = await an_ended_order_with_keys(harness)
    before = await harness.shop.kinguin.balance()
    assert before is not None
    for _ in range(2):
        assert await give_back(harness, order_id) == "refunded"
    assert await harness.shop.kinguin.balance() == before + Decimal(7)
    (purchase,) = await harness.sandbox.purchases(order_id)
    assert (purchase["status"], purchase["calls"]["return"]) == ("returned", 1)
    (row,) = await harness.purchases(order_id)
    assert (row["status"], row["provider_status"]) == ("refunded", "refunded")
    assert (await harness.timeline(order_id)).count("purchase.returned") == 1


async def test_a_lost_answer_is_found_by_the_next_try(harness: Harness) -> None:
    order_id = await an_ended_order_with_keys(harness)
    await harness.sandbox.fault("return", "accept_then_timeout", status=502, delayMs=0, count=1)
    with pytest.raises(Exception, match="kinguin cancel"):
        await give_back(harness, order_id)
    assert await give_back(harness, order_id) == "refunded"
    (purchase,) = await harness.sandbox.purchases(order_id)
    assert purchase["calls"]["return"] == 1


async def test_what_the_customer_may_have_does_not_go_back(harness: Harness) -> None:
    fulfilled = await harness.paid()
    await harness.buy(fulfilled)
    with pytest.raises(NotReturnable, match="customer's"):
        await give_back(harness, fulfilled)
    sealed = await an_ended_order_with_keys(harness)
    await harness.owner.execute(
        "insert into keys (id, order_id, reservation_id, storage_ref, wrapped_key, kid)"
        " values ($1, $2, 'r', $3, 'w', 'k')",
        uuid4(), sealed, str(sealed),
    )  # fmt: skip
    with pytest.raises(NotReturnable, match="delivery has had them"):
        await give_back(harness, sealed)
    unpaid = await harness.order()
    await harness.owner.execute("update orders set status = 'cancelled' where id = $1", unpaid)
    with pytest.raises(NotReturnable, match="none were bought"):
        await give_back(harness, unpaid)
    assert [one["calls"].get("return", 0) for one in await harness.sandbox.purchases(sealed)] == [0]


async def test_what_kinguin_refuses_stays_bought(harness: Harness) -> None:
    await harness.sandbox.set(completionDelayMs=60_000)  # processing: nothing to return yet
    order_id = await harness.paid()
    await harness.buy(order_id)
    await harness.owner.execute("update orders set status = 'refund_due' where id = $1", order_id)
    with pytest.raises(Refused, match="NoKeysToReturn"):
        await give_back(harness, order_id)
    assert "purchase.returned" not in await harness.timeline(order_id)


async def test_a_low_balance_is_told_and_measured(harness: Harness) -> None:
    watch = BalanceWatch(harness.shop.kinguin, interval_s=0.02, alert_eur=500)
    with capture_logs() as logs:
        watching = asyncio.create_task(watch.run())
        try:
            for balance, warnings in ((500.0, 0), (499.5, 1)):
                await harness.sandbox.set(balance=balance)

                async def measured(balance: float = balance) -> bool:
                    return REGISTRY.get_sample_value("bitloot_kinguin_balance_eur", {"api": "esa"}) == balance

                await eventually(measured, "the balance is measured")
                low = [one for one in logs if one["event"] == "kinguin.balance.low"]
                assert bool(low) == bool(warnings)
            assert low[0]["balance_eur"] == "499.5"
        finally:
            watching.cancel()


@pytest.mark.parametrize("api", ["reservations"])
async def test_an_api_without_a_balance_exposes_none(harness: Harness) -> None:
    await BalanceWatch(harness.shop.kinguin, interval_s=60, alert_eur=500).run()
    assert REGISTRY.get_sample_value("bitloot_kinguin_balance_alert_eur") == 500
    exposed = [
        line for line in generate_latest().decode().splitlines() if line.startswith("bitloot_kinguin_balance_eur")
    ]
    assert [line for line in exposed if not line.startswith('bitloot_kinguin_balance_eur{api="esa"}')] == []
