"""Money arrives: in part, twice, late, wrong, before anybody knows of it."""

import asyncio
from decimal import Decimal
from uuid import uuid4

import pytest
from bitloot_common.events.ingress import PaymentCreated
from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.errors import PaymentUnknown
from bitloot_fulfillment.money import PaymentReport
from bitloot_fulfillment.use_cases.accept_payment import accept_payment
from bitloot_fulfillment.use_cases.open_payment import open_payment

from .harness import COINS, Harness

HALF = COINS / 2


@pytest.fixture
def api() -> str:
    """No key is bought here."""
    return "reservations"


async def test_the_providers_whole_sequence_pays_once(harness: Harness) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id)
    await open_payment(harness.shop.cashier, PaymentCreated(order_id=order_id, payment_id=payment_id), Cause("opened"))
    assert await harness.status(order_id) == "awaiting_payment"
    for status in ("waiting", "confirming", "confirmed", "sending", "finished", "finished", "confirming"):
        await harness.report(payment_id, status, COINS if status != "waiting" else Decimal(0))
    assert await harness.status(order_id) == "paid"
    assert len(await harness.told(order_id, "order_paid")) == 1
    assert [event for event in await harness.timeline(order_id) if event.startswith("payment.")] == [
        "payment.confirming", "payment.confirmed", "payment.sending", "payment.finished",
    ]  # fmt: skip


async def test_one_event_delivered_twice_is_booked_once(harness: Harness) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id)
    event_id = str(uuid4())
    assert await harness.report(payment_id, "partially_paid", HALF, event_id=event_id)
    assert not await harness.report(payment_id, "finished", COINS, event_id=event_id)
    assert await harness.status(order_id) == "underpaid"


async def test_finished_and_confirming_at_once_pay_once(harness: Harness) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id)
    reports = [harness.report(payment_id, status, COINS) for status in ("finished", "confirming") for _ in range(4)]
    await asyncio.gather(*reports)
    assert await harness.status(order_id) == "paid"
    assert len(await harness.told(order_id, "order_paid")) == 1


async def test_partially_paid_twice_then_finished(harness: Harness) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id)
    await harness.report(payment_id, "partially_paid", COINS / 4)
    await harness.report(payment_id, "partially_paid", HALF)
    assert await harness.status(order_id) == "underpaid"
    assert [one["notice"] for one in await harness.told(order_id, "notice")] == ["underpaid"]
    booked = await harness.owner.fetchval("select actually_paid from payments where payment_id = $1", payment_id)
    assert booked == HALF
    await harness.report(payment_id, "finished", COINS)
    assert await harness.status(order_id) == "paid"
    assert await harness.refund_due(order_id) is None


async def test_a_shortfall_within_the_tolerance_pays(harness: Harness) -> None:
    order_id = await harness.order()
    await harness.report(await harness.payment(order_id), "finished", COINS * Decimal("0.996"))
    assert await harness.status(order_id) == "paid"


async def test_too_little_holds_whatever_the_status_says(harness: Harness) -> None:
    order_id = await harness.order()
    await harness.report(await harness.payment(order_id), "finished", COINS * Decimal("0.98"))
    assert await harness.status(order_id) == "underpaid"
    assert await harness.told(order_id, "order_paid") == []


@pytest.mark.parametrize(
    "wrong",
    [{"price_amount": Decimal("0.01")}, {"price_currency": "usd"}, {"pay_currency": "ltc"}, {"order_id": str(uuid4())},
     {"order_id": "somebody else's"}],
    ids=["amount", "currency", "coin", "order", "no order of ours"],
)  # fmt: skip
async def test_a_report_that_does_not_fit_the_order_pays_nothing_and_calls_a_person_once(
    harness: Harness, wrong: dict[str, object]
) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id)
    for _ in range(4):
        await harness.report(payment_id, "finished", COINS, **wrong)
    assert await harness.status(order_id) == "underpaid", "money is here, and does not pay"
    assert (await harness.timeline(order_id)).count("order.alert") == 1
    row = await harness.owner.fetchrow("select status, problem from payments where payment_id = $1", payment_id)
    assert row
    assert (row["status"], row["problem"]) == ("finished", next(iter(wrong)))
    assert await harness.told(order_id, "order_paid") == []


async def test_a_report_that_names_its_order_pays_it(harness: Harness) -> None:
    order_id = await harness.order()
    await harness.report(await harness.payment(order_id), "finished", COINS, order_id=str(order_id))
    assert await harness.status(order_id) == "paid"


async def test_a_payment_does_not_pay_the_order_that_a_report_confuses_it_with(harness: Harness) -> None:
    first, second = await harness.order(), await harness.order()
    payment_id = await harness.payment(first)
    await harness.report(payment_id, "finished", COINS, order_id=str(second))
    assert await harness.status(first) == "underpaid"
    assert await harness.status(second) == "created"


async def test_a_fitting_report_after_one_that_does_not_fit_counts_by_itself(harness: Harness) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id)
    await harness.report(payment_id, "finished", COINS * 9, pay_currency="ltc")
    await harness.report(payment_id, "partially_paid", HALF)
    assert await harness.status(order_id) == "underpaid"
    await harness.report(payment_id, "finished", COINS)
    assert await harness.status(order_id) == "paid"
    assert await harness.refund_due(order_id) is None


async def test_a_report_that_does_not_fit_takes_nothing_away(harness: Harness) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id)
    await harness.report(payment_id, "finished", COINS)
    await harness.report(payment_id, "refunded", COINS, pay_currency="ltc")
    assert await harness.status(order_id) == "paid"
    assert (await harness.timeline(order_id))[-1] == "order.alert"


async def test_an_overpayment_is_fulfilled_and_its_surplus_owed(harness: Harness) -> None:
    order_id = await harness.order()
    await harness.report(await harness.payment(order_id), "finished", COINS * 2)
    assert await harness.status(order_id) == "paid"
    assert await harness.refund_due(order_id) == Decimal("9.99")


async def test_the_second_payment_of_an_order_is_owed_back(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.report(await harness.payment(order_id), "finished", COINS)
    assert await harness.status(order_id) == "paid"
    assert await harness.refund_due(order_id) == Decimal("9.99")
    assert len(await harness.told(order_id, "order_paid")) == 1
    assert [one["notice"] for one in await harness.told(order_id, "notice")] == ["overpaid"]


async def test_a_returned_surplus_is_owed_no_more(harness: Harness) -> None:
    order_id = await harness.paid()
    second = await harness.payment(order_id)
    await harness.report(second, "finished", COINS)
    await harness.report(second, "refunded", COINS)
    assert await harness.status(order_id) == "paid"
    assert await harness.refund_due(order_id) == 0
    assert "order.refund_settled" in await harness.timeline(order_id)


async def test_money_after_the_expiry_pays(harness: Harness) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id)
    await harness.report(payment_id, "expired")
    assert await harness.status(order_id) == "expired"
    await harness.report(payment_id, "finished", COINS)
    assert await harness.status(order_id) == "paid"


async def test_an_expired_payment_beside_an_open_one_expires_nothing(harness: Harness) -> None:
    order_id = await harness.order()
    first, _ = await harness.payment(order_id), await harness.payment(order_id)
    await harness.report(first, "expired")
    assert await harness.status(order_id) == "awaiting_payment"


async def test_a_child_payment_completes_an_underpaid_order(harness: Harness) -> None:
    order_id = await harness.order()
    parent = await harness.payment(order_id)
    await harness.report(parent, "partially_paid", HALF)
    child = {"parent_payment_id": parent, "pay_currency": "btc", "pay_amount": HALF}
    await harness.report(f"{parent}7", "finished", HALF, **child)
    assert await harness.status(order_id) == "paid"


async def test_a_finished_child_alone_pays_nothing_and_calls_a_person(harness: Harness) -> None:
    order_id = await harness.order()
    parent = await harness.payment(order_id)
    child = {"parent_payment_id": parent, "pay_currency": "btc", "pay_amount": COINS}
    await harness.report(f"{parent}7", "finished", COINS, **child)
    assert await harness.status(order_id) == "underpaid"
    assert "order.alert" in await harness.timeline(order_id)


async def test_a_child_in_a_wrong_coin_counts_nothing_and_calls_a_person(harness: Harness) -> None:
    order_id = await harness.order()
    parent = await harness.payment(order_id)
    await harness.report(parent, "partially_paid", HALF)
    await harness.report(
        f"{parent}7", "finished", Decimal(3), parent_payment_id=parent, pay_currency="ltc", pay_amount=Decimal(3)
    )
    assert await harness.status(order_id) == "underpaid"
    assert "order.alert" in await harness.timeline(order_id)


async def test_money_that_fits_no_order_is_kept_where_admins_see_it(harness: Harness) -> None:
    assert await harness.report("990001", "finished", COINS, order_id="somebody else's")
    row = await harness.owner.fetchrow("select order_id, status from payments where payment_id = '990001'")
    assert row
    assert (row["order_id"], row["status"]) == (None, "finished")


async def test_an_ipn_before_its_payment_is_committed_comes_again(harness: Harness) -> None:
    order_id = await harness.order()
    report = PaymentReport("990002", "finished", order_id=str(order_id), pay_amount=COINS, actually_paid=COINS)
    with pytest.raises(PaymentUnknown):
        await accept_payment(harness.shop.cashier, report, Cause("early"), may_be_young=True)
    await harness.payment(order_id, "990002")
    assert await accept_payment(harness.shop.cashier, report, Cause("early"), may_be_young=True)
    assert await harness.status(order_id) == "paid"


async def test_a_payment_whose_row_never_came_is_booked_on_the_order_it_names(harness: Harness) -> None:
    order_id = await harness.order()
    report = PaymentReport(
        "990003", "finished", order_id=str(order_id), price_amount=Decimal("9.99"), price_currency="eur",
        pay_amount=COINS, pay_currency="btc", actually_paid=COINS,
    )  # fmt: skip
    await accept_payment(harness.shop.cashier, report, Cause("late"))
    assert await harness.status(order_id) == "paid"


async def test_an_invoices_payment_is_found_by_its_invoice(harness: Harness) -> None:
    order_id = await harness.order()
    await harness.owner.execute(
        "insert into payments (id, order_id, payment_id, invoice_id, status)"
        " values ($1, $2, '880001', '880001', 'waiting')",
        uuid4(), order_id,
    )  # fmt: skip
    await harness.report(
        "880002", "finished", COINS, invoice_id="880001", price_amount=Decimal("9.99"), price_currency="eur",
        pay_amount=COINS, pay_currency="btc",
    )  # fmt: skip
    assert await harness.status(order_id) == "paid"


@pytest.mark.parametrize("status", ["delivered", "stored", "fulfilled"])
async def test_a_refund_after_the_delivery_calls_a_person(harness: Harness, status: str) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id)
    await harness.report(payment_id, "finished", COINS)
    await harness.owner.execute("update orders set status = $2 where id = $1", order_id, status)
    await harness.report(payment_id, "refunded", COINS)
    assert await harness.status(order_id) == status
    assert (await harness.timeline(order_id))[-1] == "order.alert"


async def test_a_refund_before_the_purchase_cancels_it(harness: Harness) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id)
    await harness.report(payment_id, "finished", COINS)
    await harness.report(payment_id, "refunded", COINS)
    assert await harness.status(order_id) == "cancelled"
    await harness.buy(order_id)
    assert await harness.sandbox.purchases(order_id) == []
