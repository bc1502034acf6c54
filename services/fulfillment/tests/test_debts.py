"""What is owed, until when an underpaid order is held, and what the customer is told of his money."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.money import PaymentPolicy, PaymentReport
from bitloot_fulfillment.reconciler import Pace, Reconciler
from bitloot_fulfillment.use_cases.accept_payment import accept_payment

from .harness import COINS, PRICE, Harness

HALF = COINS / 2


@pytest.fixture
def api() -> str:
    """Kinguin's part is small here."""
    return "reservations"


async def notices(harness: Harness, order_id: UUID) -> list[str]:
    return [one["notice"] for one in await harness.told(order_id, "notice")]


async def alerts(harness: Harness, order_id: UUID) -> int:
    return (await harness.timeline(order_id)).count("order.alert")


async def owing(harness: Harness, order_id: UUID) -> bool:
    since = await harness.owner.fetchval("select refund_due_since from orders where id = $1", order_id)
    return since is not None


async def days_later(harness: Harness, order_id: UUID, *payment_ids: str, days: int = 8) -> None:
    """Time passes: the payments of the order (or these of them) are so old, and those that are asked about are due."""
    await harness.owner.execute(
        "update payments set created_at = created_at - make_interval(days => $2),"
        " next_ask_at = case when next_ask_at is not null then now() end"
        " where order_id = $1 and ($3::text[] = '{}' or payment_id = any($3))",
        order_id, days, list(payment_ids),
    )  # fmt: skip


async def questions(harness: Harness) -> None:
    """The reconciler asks all that is due."""
    pace = Pace(1.0, purchases_per_s=500, payments_per_s=500)
    await Reconciler(harness.shop.buyer, harness.shop.nowpayments, pace).round_of_payments()


async def child(harness: Harness, parent: str, amount: Decimal, coin: str = "btc", **more: object) -> str:
    payment_id = f"{parent}7"
    more = {"parent_payment_id": parent, "pay_currency": coin, "pay_amount": amount} | more
    await harness.report(payment_id, str(more.pop("status", "finished")), amount, **more)
    return payment_id


# held, then owed


async def test_a_finished_child_that_is_not_enough_does_not_keep_the_order_open(harness: Harness) -> None:
    order_id = await harness.order()
    parent = await harness.payment(order_id)
    await harness.report(parent, "partially_paid", HALF)
    second = await child(harness, parent, HALF / 2)
    assert await harness.status(order_id) == "underpaid"
    await days_later(harness, order_id, parent)
    await questions(harness)
    await days_later(harness, order_id, second)
    await questions(harness)
    assert await harness.status(order_id) == "refund_due"
    assert await harness.refund_due(order_id) == Decimal("7.49")
    assert await notices(harness, order_id) == ["underpaid", "refund_due"]


async def test_a_finished_payment_of_too_little_is_owed_back_in_the_end(harness: Harness) -> None:
    order_id = await harness.order()
    await harness.report(await harness.payment(order_id), "finished", HALF)
    await questions(harness)
    assert await harness.status(order_id) == "underpaid"
    await days_later(harness, order_id)
    await questions(harness)
    assert await harness.status(order_id) == "refund_due"


async def test_a_sibling_that_was_refunded_does_not_keep_the_order_open(harness: Harness) -> None:
    order_id = await harness.order()
    first, second = await harness.payment(order_id), await harness.payment(order_id)
    await harness.report(first, "partially_paid", HALF)
    await harness.report(second, "partially_paid", HALF / 5)
    await harness.report(second, "refunded", HALF / 5)
    await days_later(harness, order_id, first)
    await questions(harness)
    await days_later(harness, order_id, second)
    await questions(harness)
    assert await harness.status(order_id) == "refund_due"
    assert await harness.refund_due(order_id) == Decimal("5.00")


async def test_money_that_is_heard_of_after_its_time_is_not_held_forever(harness: Harness) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id, age_days=9)
    await harness.report(payment_id, "partially_paid", HALF)
    await days_later(harness, order_id, days=0)
    await questions(harness)
    assert await harness.status(order_id) == "refund_due"


async def test_a_payment_that_is_still_asked_about_keeps_the_order_open(harness: Harness) -> None:
    order_id = await harness.order()
    first, second = await harness.payment(order_id), await harness.payment(order_id)
    await harness.report(first, "partially_paid", HALF)
    await harness.report(second, "confirming")
    await days_later(harness, order_id, first)
    await questions(harness)
    assert await harness.status(order_id) == "underpaid"
    await days_later(harness, order_id, second)
    await questions(harness)
    assert await harness.status(order_id) == "refund_due"


async def test_a_close_that_fails_is_made_again(harness: Harness) -> None:
    order_id = await harness.order()
    await harness.report(await harness.payment(order_id), "partially_paid", HALF)
    await days_later(harness, order_id)
    no_end = f"alter table orders add constraint no_end check (id <> '{order_id}' or status <> 'refund_due')"
    await harness.owner.execute(no_end)
    await questions(harness)
    assert await harness.status(order_id) == "underpaid"
    await harness.owner.execute("alter table orders drop constraint no_end")
    await questions(harness)
    assert await harness.status(order_id) == "refund_due"


# money that pays nothing


async def test_a_child_alone_is_owed_back_in_the_end(harness: Harness) -> None:
    order_id = await harness.order()
    await child(harness, await harness.payment(order_id), COINS)
    await days_later(harness, order_id)
    await questions(harness)
    assert await harness.status(order_id) == "refund_due"
    assert await harness.refund_due(order_id) == PRICE


async def test_a_wrong_coin_alone_is_a_debt_without_a_sum(harness: Harness) -> None:
    order_id = await harness.order()
    await child(harness, await harness.payment(order_id), Decimal(3), "ltc")
    await days_later(harness, order_id)
    await questions(harness)
    assert await harness.status(order_id) == "refund_due"
    assert await harness.refund_due(order_id) is None
    assert await owing(harness, order_id)
    assert await notices(harness, order_id) == ["underpaid", "refund_due"]


async def test_a_child_of_an_unknown_parent_calls_a_person_and_is_owed_back(harness: Harness) -> None:
    order_id = await harness.order()
    await child(harness, "55554444", COINS, order_id=str(order_id))
    assert await harness.status(order_id) == "underpaid"
    assert await alerts(harness, order_id) == 1
    await days_later(harness, order_id)
    await questions(harness)
    assert await harness.status(order_id) == "refund_due"
    assert await owing(harness, order_id)


async def test_the_parent_that_is_heard_of_later_makes_the_child_count(harness: Harness) -> None:
    order_id = await harness.order()
    parent = str(uuid4().int % 10**12)
    await child(harness, parent, HALF, order_id=str(order_id))
    await harness.payment(order_id, parent)
    await harness.report(parent, "partially_paid", HALF)
    assert await harness.status(order_id) == "paid"


async def test_a_wrong_coin_for_a_cancelled_order_is_a_debt_without_a_sum(harness: Harness) -> None:
    order_id = await harness.order()
    parent = await harness.payment(order_id)
    await harness.report(parent, "finished", COINS)
    await harness.report(parent, "refunded", COINS)
    await child(harness, parent, Decimal(3), "ltc")
    assert await harness.status(order_id) == "refund_due"
    assert await harness.refund_due(order_id) is None
    assert await owing(harness, order_id)


async def test_a_wrong_coin_beside_a_paid_order_is_owed_and_told(harness: Harness) -> None:
    order_id = await harness.paid()
    parent = await harness.owner.fetchval("select payment_id from payments where order_id = $1", order_id)
    second = await child(harness, parent, Decimal(3), "ltc")
    assert await owing(harness, order_id)
    assert await notices(harness, order_id) == ["overpaid"]
    await harness.report(second, "refunded", Decimal(3), parent_payment_id=parent, pay_currency="ltc")
    assert not await owing(harness, order_id)
    assert await harness.status(order_id) == "paid"


# what the customer is told


async def test_who_pays_too_much_at_once_is_told_so(harness: Harness) -> None:
    order_id = await harness.order()
    await harness.report(await harness.payment(order_id), "finished", COINS * 3)
    assert await harness.refund_due(order_id) == PRICE * 2
    assert await notices(harness, order_id) == ["overpaid"]


async def test_a_debt_is_on_the_public_timeline_once(harness: Harness) -> None:
    order_id = await harness.order()
    await harness.report(await harness.payment(order_id), "partially_paid", HALF)
    await days_later(harness, order_id)
    await questions(harness)
    timeline = await harness.timeline(order_id)
    assert [event for event in timeline if "refund" in event] == ["order.refund_due", "order.refund_owed"]


# money that goes back


async def test_what_is_still_owed_stays_due_when_a_part_went_back(harness: Harness) -> None:
    order_id = await harness.order()
    first, second = await harness.payment(order_id), await harness.payment(order_id)
    await harness.report(first, "partially_paid", COINS * Decimal("0.4"))
    await harness.report(second, "partially_paid", COINS * Decimal("0.3"))
    await days_later(harness, order_id)
    await questions(harness)
    assert (await harness.status(order_id), await harness.refund_due(order_id)) == ("refund_due", Decimal("6.99"))
    await harness.report(first, "refunded", COINS * Decimal("0.4"))
    assert (await harness.status(order_id), await harness.refund_due(order_id)) == ("refund_due", Decimal("3.00"))
    assert await owing(harness, order_id)
    await harness.report(second, "refunded", COINS * Decimal("0.3"))
    assert (await harness.status(order_id), await harness.refund_due(order_id)) == ("cancelled", Decimal(0))
    assert not await owing(harness, order_id)


async def test_the_rest_is_owed_when_the_payment_that_paid_goes_back(harness: Harness) -> None:
    order_id = await harness.order()
    first, second = await harness.payment(order_id), await harness.payment(order_id)
    await harness.report(first, "finished", COINS)
    await harness.report(second, "partially_paid", COINS * Decimal("0.3"))
    await harness.report(first, "refunded", COINS)
    assert (await harness.status(order_id), await harness.refund_due(order_id)) == ("refund_due", Decimal("3.00"))
    assert await notices(harness, order_id) == ["overpaid", "cancelled", "refund_due"]


@pytest.mark.parametrize("status", ["paid", "given", "fulfilled"])
@pytest.mark.parametrize("reversal", ["failed", "cancelled"])
async def test_a_reversal_of_a_finished_payment_calls_a_person_once(
    harness: Harness, reversal: str, status: str
) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id)
    await harness.report(payment_id, "finished", COINS)
    await harness.owner.execute("update orders set status = $2 where id = $1", order_id, status)
    for _ in range(3):
        await harness.report(payment_id, reversal, COINS)
    assert await harness.status(order_id) == status
    assert await alerts(harness, order_id) == 1
    assert await harness.refund_due(order_id) is None


@pytest.mark.parametrize(
    ("status", "ends", "alarmed"), [("paid", "cancelled", 0), ("given", "given", 1), ("fulfilled", "fulfilled", 1)]
)
async def test_a_confirmed_payment_that_fails_is_money_returned(
    harness: Harness, status: str, ends: str, alarmed: int
) -> None:
    cashier = replace(harness.shop.cashier, policy=PaymentPolicy(pay_on="confirmed"))
    order_id = await harness.order()
    payment_id = await harness.payment(order_id)
    confirmed, failed = (PaymentReport(payment_id, word, actually_paid=COINS) for word in ("confirmed", "failed"))
    await accept_payment(cashier, confirmed, Cause(str(uuid4())))
    assert await harness.status(order_id) == "paid"
    await harness.owner.execute("update orders set status = $2 where id = $1", order_id, status)
    await accept_payment(cashier, failed, Cause(str(uuid4())))
    assert await harness.status(order_id) == ends
    assert await alerts(harness, order_id) == alarmed
