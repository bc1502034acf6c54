"""Kinguin hands over three of five codes and ends the purchase: kept, never bought again, the rest's money owed."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from bitloot_fulfillment.kinguin_news import PurchasePolicy
from eventually import eventually

from .harness import Harness
from .test_quantity import ask, parts

PRICE_OF_TWO = Decimal("19.98")


async def ended(harness: Harness, order_id: UUID) -> None:
    """Kinguin cancels what it has begun to hand over, and would sell all of it again."""
    (row,) = await harness.purchases(order_id)
    await harness.sandbox.move(row["reservation_id"], "cancelled")
    await harness.sandbox.set(partialDelivery=None)


async def three_of_five(harness: Harness, policy: str) -> UUID:
    """An order of five, `given`, of which three codes are at Kinguin."""
    buyer = replace(harness.shop.buyer, policy=PurchasePolicy(deliver_partial=policy))  # type: ignore[arg-type]
    harness.shop = replace(harness.shop, buyer=buyer)
    await harness.sandbox.set(partialDelivery=3)
    order_id = await harness.paid(5)
    await harness.buy(order_id)

    async def visible() -> bool:
        (sold,) = await harness.sandbox.purchases(order_id)
        return [code["visible"] for code in sold["codes"]].count(True) == 3

    await eventually(visible, "three codes are at Kinguin")
    assert await harness.status(order_id) == "given"
    return order_id


async def alerts(harness: Harness, order_id: UUID) -> int:
    return (await harness.timeline(order_id)).count("order.alert")


async def keeps_three_and_is_owed_two(harness: Harness, order_id: UUID) -> None:
    for _ in range(3):
        await ask(harness, order_id)
    assert await harness.status(order_id) == "partly_fulfilled"
    assert await harness.refund_due(order_id) == PRICE_OF_TWO
    assert [one["notice"] for one in await harness.told(order_id, "notice")] == ["rest_cancelled"]
    assert await alerts(harness, order_id) == 1
    (sold,) = await harness.sandbox.purchases(order_id)
    assert sold["bought"], "codes that were handed over are sold, whatever became of the rest"
    (row,) = await harness.purchases(order_id)
    assert (row["codes_delivered"], row["quantity"], row["next_ask_at"]) == (3, 5, None)


@pytest.mark.parametrize("policy", ["as_it_comes", "when_complete"])
async def test_codes_that_nobody_had_counted_are_kept(harness: Harness, policy: str) -> None:
    order_id = await three_of_five(harness, policy)
    await ended(harness, order_id)
    await ask(harness, order_id)
    assert await harness.status(order_id) == "delivered"
    assert await parts(harness, order_id) == [1]
    await ask(harness, order_id)
    assert await alerts(harness, order_id) == 1
    await harness.sealed(order_id, part=1, codes=3, total=3, quantity=5)
    assert await harness.status(order_id) == "partly_delivered"
    await keeps_three_and_is_owed_two(harness, order_id)


async def test_a_webhook_that_tells_of_the_end_buys_nothing_again(harness: Harness) -> None:
    order_id = await three_of_five(harness, "as_it_comes")
    await ended(harness, order_id)
    await harness.webhook(order_id, "cancel")
    await harness.webhook(order_id, "cancel")
    assert await parts(harness, order_id) == [1]
    await harness.sealed(order_id, part=1, codes=3, total=3, quantity=5)
    await keeps_three_and_is_owed_two(harness, order_id)


async def test_the_rest_of_what_was_mailed_in_part_is_owed(harness: Harness) -> None:
    order_id = await three_of_five(harness, "as_it_comes")
    await ask(harness, order_id)
    await harness.sealed(order_id, part=1, codes=3, total=3, quantity=5)
    await harness.mailed(order_id, complete=False)
    assert await harness.status(order_id) == "partly_delivered"
    await ended(harness, order_id)
    await keeps_three_and_is_owed_two(harness, order_id)


async def test_a_found_purchase_that_ended_in_part_is_kept(harness: Harness) -> None:
    """We never got its id: the answer was lost, and when it is looked up it is dead."""
    order_id = await three_of_five(harness, "as_it_comes")
    await ended(harness, order_id)
    await harness.owner.execute(
        "update reservations set reservation_id = null, status = 'requested' where order_id = $1", order_id
    )
    await harness.owner.execute("update orders set status = 'reserving' where id = $1", order_id)
    await harness.buy(order_id)
    assert await harness.status(order_id) == "delivered"
    assert await parts(harness, order_id) == [1]
    await harness.sealed(order_id, part=1, codes=3, total=3, quantity=5)
    await keeps_three_and_is_owed_two(harness, order_id)


async def test_money_that_went_back_settles_what_is_owed(harness: Harness) -> None:
    order_id = await three_of_five(harness, "as_it_comes")
    await ask(harness, order_id)
    await harness.sealed(order_id, part=1, codes=3, total=3, quantity=5)
    await ended(harness, order_id)
    await ask(harness, order_id)
    payment_id = await harness.owner.fetchval("select payment_id from payments where order_id = $1", order_id)
    await harness.report(payment_id, "refunded")
    assert await harness.status(order_id) == "partly_fulfilled"
    assert await harness.refund_due(order_id) == Decimal(0)


async def test_all_of_it_handed_over_and_then_cancelled_calls_a_person_once(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.buy(order_id)
    await harness.webhook(order_id, "delivered")
    await harness.sealed(order_id, part=1, codes=1, total=1, quantity=1)
    await ended(harness, order_id)
    for _ in range(3):
        await harness.webhook(order_id, "cancel")
    assert await harness.status(order_id) == "stored"
    assert await alerts(harness, order_id) == 1
    assert len(await harness.purchases(order_id)) == 1
