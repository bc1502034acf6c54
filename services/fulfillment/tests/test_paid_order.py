"""The happy path through the use cases, on both adapters."""

from .harness import Harness


async def test_a_paid_order_is_bought_delivered_stored_and_fulfilled(harness: Harness) -> None:
    order_id = await harness.paid()
    assert await harness.status(order_id) == "paid"
    assert len(await harness.told(order_id, "order_paid")) == 1

    await harness.buy(order_id)
    assert await harness.status(order_id) == "given"
    (purchase,) = await harness.sandbox.purchases(order_id)
    (row,) = await harness.purchases(order_id)
    assert (row["external_id"], row["reservation_id"]) == (str(order_id), purchase["reservationId"])

    await harness.webhook(order_id, "delivered")
    assert await harness.status(order_id) == "delivered"
    (request,) = await harness.told(order_id, "delivery_requested")
    assert request == {
        "orderId": str(order_id), "reservationId": purchase["reservationId"], "quantity": 1, "part": 1,
    }  # fmt: skip

    await harness.sealed(order_id, part=1, codes=1, total=1, quantity=1)
    assert await harness.status(order_id) == "stored"
    await harness.mailed(order_id)
    assert await harness.status(order_id) == "fulfilled"
    story = [event for event in await harness.timeline(order_id) if event.startswith("order.")]
    assert story == [
        "order.paid", "order.reserving", "order.reserved", "order.given", "order.delivered", "order.stored",
        "order.fulfilled",
    ]  # fmt: skip
