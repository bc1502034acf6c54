"""An order of N pieces gets N codes: at once, in parts as they come, or when complete."""

from dataclasses import replace

import pytest
from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.kinguin_news import PurchasePolicy
from bitloot_fulfillment.reconciler import Reconciler
from bitloot_fulfillment.store import purchases
from bitloot_fulfillment.use_cases.reconcile_purchase import reconcile_purchase
from eventually import eventually

from .harness import Harness


async def ask(harness: Harness, order_id: object) -> None:
    """What the reconciler does when the purchase is due."""
    async with harness.pool.acquire() as connection, connection.transaction():
        purchase = await purchases.current(connection, order_id)  # type: ignore[arg-type]
    assert purchase
    await reconcile_purchase(harness.shop.buyer, purchase, Cause())


async def parts(harness: Harness, order_id: object) -> list[int]:
    return [one["part"] for one in await harness.told(order_id, "delivery_requested")]  # type: ignore[arg-type]


async def test_three_of_five_are_delivered_as_they_come(harness: Harness) -> None:
    await harness.sandbox.set(partialDelivery=3)
    order_id = await harness.paid(5)
    await harness.buy(order_id)

    async def first_part() -> bool:
        await ask(harness, order_id)
        return await parts(harness, order_id) == [1]

    await eventually(first_part, "the first part is asked for")
    await ask(harness, order_id)
    assert await harness.status(order_id) == "delivered"
    await harness.sealed(order_id, part=1, codes=3, total=3, quantity=5)
    await harness.mailed(order_id, complete=False)
    assert await harness.status(order_id) == "partly_delivered"
    assert "order.partly_delivered" in await harness.timeline(order_id)
    await ask(harness, order_id)
    assert await parts(harness, order_id) == [1], "no code beyond the third yet"

    await harness.sandbox.set(partialDelivery=None)

    async def second_part() -> bool:
        await ask(harness, order_id)
        return await parts(harness, order_id) == [1, 2]

    await eventually(second_part, "the second part is asked for")
    await harness.sealed(order_id, part=2, codes=2, total=5, quantity=5)
    await harness.mailed(order_id)
    assert await harness.status(order_id) == "fulfilled"
    (row,) = await harness.purchases(order_id)
    assert (row["codes_delivered"], row["parts_requested"]) == (5, 2)


async def test_an_order_of_five_at_once_is_one_part(harness: Harness) -> None:
    order_id = await harness.paid(5)
    await harness.buy(order_id)
    await harness.webhook(order_id, "delivered")
    assert await parts(harness, order_id) == [1]
    (request,) = await harness.told(order_id, "delivery_requested")
    assert request["quantity"] == 5


@pytest.fixture
def patient(harness: Harness) -> Harness:
    """A shop that delivers when all codes are there."""
    buyer = replace(harness.shop.buyer, policy=PurchasePolicy(deliver_partial="when_complete"))
    harness.shop = replace(harness.shop, buyer=buyer)
    return harness


async def test_when_complete_waits_for_the_last_code(patient: Harness) -> None:
    await patient.sandbox.set(partialDelivery=3)
    order_id = await patient.paid(5)
    await patient.buy(order_id)
    await ask(patient, order_id)
    await ask(patient, order_id)
    assert await patient.status(order_id) == "given"
    assert await parts(patient, order_id) == []
    await patient.sandbox.set(partialDelivery=None)

    async def whole() -> bool:
        await ask(patient, order_id)
        return await parts(patient, order_id) == [1]

    await eventually(whole, "the whole is asked for")
    assert await patient.status(order_id) == "delivered"


async def test_ten_pieces_are_bought_in_one_order(harness: Harness) -> None:
    order_id = await harness.paid(10)
    await harness.buy(order_id)
    (purchase,) = await harness.sandbox.purchases(order_id)
    assert purchase["quantity"] == 10


async def test_the_reconciler_finds_the_rest_by_itself(harness: Harness) -> None:
    await harness.sandbox.set(partialDelivery=1)
    order_id = await harness.paid(2)
    await harness.buy(order_id)
    reconciler = Reconciler(harness.shop.buyer, harness.shop.nowpayments, harness.settings.pace)

    async def asked(wanted: list[int]) -> bool:
        await reconciler.round_of_purchases()
        return await parts(harness, order_id) == wanted

    await eventually(lambda: asked([1]), "the first part")
    await harness.sealed(order_id, part=1, codes=1, total=1, quantity=2)
    await harness.sandbox.set(partialDelivery=None)
    await eventually(lambda: asked([1, 2]), "the second part")
