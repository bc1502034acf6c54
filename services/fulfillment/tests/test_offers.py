"""Out of stock and cancelled: another offer within limit and ceiling, else a refund due."""

import asyncio
from decimal import Decimal
from uuid import UUID

import pytest
from bitloot_fulfillment.offers import next_offer
from bitloot_kinguin import KinguinUnavailable, Offer
from eventually import eventually

from .harness import Harness

OFFERS = [f"kinguin-demo-offer-{n}" for n in (1, 2, 3)]


async def test_out_of_stock_buys_the_next_offer(harness: Harness) -> None:
    order_id = await harness.paid(offer_id=OFFERS[0])
    await harness.sandbox.set(outOfStockOffers=[OFFERS[0]])
    await harness.buy(order_id)
    assert await harness.status(order_id) == "reserving"
    assert len(await harness.told(order_id, "order_paid")) == 2
    await harness.buy(order_id)
    assert await harness.status(order_id) == "given"
    (purchase,) = await harness.sandbox.purchases(order_id)
    assert (purchase["orderId"], purchase["offerIds"]) == (f"{order_id}:2", [OFFERS[1]])
    first, second = await harness.purchases(order_id)
    assert (first["status"], second["status"]) == ("out_of_stock", "given")


async def test_no_offer_below_the_ceiling_ends_in_a_refund_due(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.sandbox.set(price=9.60)
    await harness.buy(order_id)
    assert await harness.status(order_id) == "refund_due"
    assert await harness.refund_due(order_id) == Decimal("9.99")
    assert [one["notice"] for one in await harness.told(order_id, "notice")] == ["refund_due"]
    assert await harness.sandbox.purchases(order_id) == []


async def test_the_limit_of_attempts_ends_in_a_refund_due(harness: Harness) -> None:
    order_id = await harness.paid(offer_id=OFFERS[0])
    await harness.sandbox.fault("reserve", "out_of_stock", count=10)
    for _ in range(4):
        await harness.buy(order_id)
    assert await harness.status(order_id) == "refund_due"
    assert len(await harness.purchases(order_id)) == harness.settings.offer_attempts_max
    await harness.sandbox.no_faults()


async def test_offers_that_cannot_be_asked_for_hold_nobody_up(harness: Harness) -> None:
    order_id = await harness.paid(offer_id=OFFERS[0])
    await harness.sandbox.set(outOfStockOffers=[OFFERS[0]])
    await harness.sandbox.fault("offers", "error", count=1)
    with pytest.raises(KinguinUnavailable):
        await harness.buy(order_id)
    (row,) = await harness.purchases(order_id)
    assert row["lease_until"] is None
    await harness.buy(order_id)
    await harness.buy(order_id)
    assert await harness.status(order_id) == "given"
    (purchase,) = await harness.sandbox.purchases(order_id)
    assert purchase["orderId"] == f"{order_id}:2"


async def test_an_offer_is_not_replaced_while_another_handler_may_be_buying_it(harness: Harness) -> None:
    """Between the refusal and the replacement the lease is free: whoever took it since may have bought."""
    order_id = await harness.paid(offer_id=OFFERS[0])
    await harness.sandbox.set(outOfStockOffers=[OFFERS[0]])
    await harness.sandbox.fault("offers", "slow", delayMs=600)
    late = asyncio.create_task(harness.buy(order_id))

    async def released() -> bool:
        rows = await harness.purchases(order_id)
        return bool(rows) and rows[0]["lease_until"] is None

    await eventually(released, "the refused handler asks for offers")
    await harness.sandbox.set(outOfStockOffers=[])
    await harness.buy(order_id)
    await asyncio.gather(late, return_exceptions=True)
    (_,) = await harness.purchases(order_id)
    (_,) = await harness.sandbox.purchases(order_id)
    assert await harness.status(order_id) == "given"


async def given_then_cancelled(harness: Harness) -> UUID:
    order_id = await harness.paid(offer_id=OFFERS[0])
    await harness.sandbox.set(completionDelayMs=60_000)
    await harness.buy(order_id)
    (purchase,) = await harness.sandbox.purchases(order_id)
    await harness.sandbox.move(purchase["reservationId"], "cancelled")
    return order_id


async def test_a_cancelled_purchase_is_replaced(harness: Harness) -> None:
    order_id = await given_then_cancelled(harness)
    await harness.webhook(order_id, "cancel")
    assert await harness.status(order_id) == "reserving"
    await harness.buy(order_id)
    live = [one for one in await harness.sandbox.purchases(order_id) if one["status"] != "cancelled"]
    assert len(live) == 1
    assert await harness.status(order_id) == "given"


async def test_a_cancel_that_kinguin_itself_denies_replaces_nothing(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.buy(order_id)
    await harness.webhook(order_id, "cancel")
    (_,) = await harness.purchases(order_id)
    assert await harness.status(order_id) in ("given", "delivered")


async def test_delivered_after_the_replacement_calls_a_person(harness: Harness) -> None:
    order_id = await given_then_cancelled(harness)
    first = (await harness.purchases(order_id))[0]["reservation_id"]
    await harness.webhook(order_id, "cancel")
    await harness.buy(order_id)
    await harness.sandbox.move(first, "delivered")
    await harness.webhook(order_id, "delivered", reservation_id=first)
    assert await harness.status(order_id) == "given"
    assert (await harness.timeline(order_id))[-1] == "order.alert"


@pytest.mark.parametrize("event", ["reserve", "give", "delivered", "cancel"])
async def test_a_late_webhook_of_what_was_replaced_calls_nobody(harness: Harness, event: str) -> None:
    order_id = await given_then_cancelled(harness)
    first = (await harness.purchases(order_id))[0]["reservation_id"]
    await harness.webhook(order_id, "cancel")
    await harness.buy(order_id)
    before = await harness.timeline(order_id)
    await harness.webhook(order_id, event, reservation_id=first)
    assert await harness.timeline(order_id) == before


async def test_a_cancel_after_the_delivery_calls_a_person(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.buy(order_id)
    await harness.webhook(order_id, "delivered")
    reservation_id = (await harness.purchases(order_id))[0]["reservation_id"]
    await harness.sandbox.move(reservation_id, "refunded")
    await harness.webhook(order_id, "refunded")
    assert await harness.status(order_id) == "delivered"
    assert (await harness.timeline(order_id))[-1] == "order.alert"


def offer(offer_id: str, price: str, stock: int = 10) -> Offer:
    return Offer(offer_id, "p", Decimal(price), stock)


@pytest.mark.parametrize(
    ("offers", "tried", "chosen"),
    [
        ([offer("a", "8"), offer("b", "7")], set(), "b"),
        ([offer("a", "8"), offer("b", "7")], {"b"}, "a"),
        ([offer("a", "9.51")], set(), None),
        ([offer("a", "7", stock=2)], set(), None),
        ([], set(), None),
    ],
)
def test_the_cheapest_offer_that_fits_is_next(offers: list[Offer], tried: set[str], chosen: str | None) -> None:
    found = next_offer(offers, quantity=3, price_ceiling=Decimal("9.50"), tried=tried)
    assert (found.offer_id if found else None) == chosen
