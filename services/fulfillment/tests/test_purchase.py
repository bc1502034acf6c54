"""At most one purchase per order, on both adapters: errors, silence, crashes, two at once."""

import asyncio
import contextlib
from typing import Any
from uuid import UUID, uuid4

import pytest
from bitloot_common.outbox import Outbox
from bitloot_common.retry import Failure, NotYet, Outage, Transient
from bitloot_fulfillment.books import Books, Cause
from bitloot_fulfillment.errors import PurchaseInWork, PurchaseUnsettled, ReservationNotOurs
from bitloot_fulfillment.order_machine import IllegalTransition
from bitloot_fulfillment.use_cases.reserve_key import reserve_key
from eventually import eventually

from .harness import Harness


async def bought(harness: Harness, order_id: UUID, *, within_s: float = 20) -> None:
    """Retries as the ladder would, until the order is given."""

    async def attempt() -> bool:
        try:
            await harness.buy(order_id)
        except (Transient, Outage):
            return False
        return await harness.status(order_id) in ("given", "delivered")  # an ESA order that was found is complete

    await eventually(attempt, "the order is given", within_s)
    (_,) = await harness.sandbox.purchases(order_id)


@pytest.mark.parametrize(
    "answer",
    [{"status": 404, "body": "html"}, {"status": 409, "body": "html"}, {"status": 499, "body": "html"},
     {"status": 403, "body": "html"}, {"status": 400, "body": "json", "code": "ConstraintViolation"},
     {"status": 418, "body": "json", "code": "Teapot"}],
    ids=lambda answer: f"{answer['status']}-{answer['body']}",
)  # fmt: skip
async def test_a_refusal_that_hides_a_purchase_buys_once(harness: Harness, answer: dict[str, Any]) -> None:
    order_id = await harness.paid()
    await harness.sandbox.fault("reserve", "accept_then_timeout", delayMs=0, **answer)
    with contextlib.suppress(Failure):
        await harness.buy(order_id)
    (row,) = await harness.purchases(order_id)
    assert row["requested_at"] or row["reservation_id"], "it is looked up before it is bought again"
    await bought(harness, order_id)


@pytest.mark.parametrize("mode", ["accept_then_timeout", "reset", "error", "timeout", "slow"])
async def test_an_unclear_answer_buys_once(harness: Harness, mode: str) -> None:
    order_id = await harness.paid()
    await harness.sandbox.fault("reserve", mode, delayMs=4000 if mode == "slow" else 3000)
    with pytest.raises(Transient):
        await harness.buy(order_id)
    assert await harness.status(order_id) == "reserving"
    await bought(harness, order_id)
    await harness.sandbox.no_faults()


async def test_a_purchase_carries_the_orders_own_id(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.buy(order_id)
    (purchase,) = await harness.sandbox.purchases(order_id)
    assert purchase["orderId"] == purchase["idempotencyKey"] == str(order_id)


async def test_the_intent_is_committed_when_the_call_leaves(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.sandbox.set(latencyMs=400)
    buying = asyncio.create_task(harness.buy(order_id))

    async def seen_by_others() -> bool:
        return any(row["requested_at"] for row in await harness.purchases(order_id))

    await eventually(seen_by_others, "the intent is committed", 10)
    assert await harness.sandbox.purchases(order_id) == [], "before Kinguin has heard of it"
    await buying


async def test_accepted_then_504_while_external_ids_are_not_unique_buys_once(harness: Harness) -> None:
    orders = [await harness.paid() for _ in range(5)]
    await harness.sandbox.fault("reserve", "accept_then_timeout", status=504, delayMs=10, count=5)
    for order_id in orders:
        with pytest.raises(Transient):
            await harness.buy(order_id)
    await asyncio.gather(*(bought(harness, order_id) for order_id in orders))


async def test_a_search_that_sees_new_orders_late_buys_once(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.sandbox.set(searchLagMs=700)  # below KINGUIN_SEARCH_OVER_S
    await harness.sandbox.fault("reserve", "accept_then_timeout", status=502, delayMs=0)
    with pytest.raises(Transient):
        await harness.buy(order_id)
    if harness.settings.kinguin_api == "esa":
        with pytest.raises(PurchaseUnsettled):  # the search says none, once
            await harness.buy(order_id)
    await bought(harness, order_id)


async def test_what_was_in_doubt_stands_on_the_timeline(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.sandbox.fault("reserve", "accept_then_timeout", status=502, delayMs=0)
    with pytest.raises(Transient):
        await harness.buy(order_id)
    await bought(harness, order_id)
    told = await harness.owner.fetch(
        "select event, detail, public from order_events where order_id = $1 and event like 'purchase.%' order by id",
        order_id,
    )
    assert [row["event"] for row in told] == ["purchase.unclear", "purchase.found"]
    assert "502" in told[0]["detail"]["why"]
    assert not any(row["public"] for row in told)


async def test_a_search_that_found_nothing_stands_on_the_timeline(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.sandbox.fault("reserve", "error", status=502)
    with pytest.raises(Transient):
        await harness.buy(order_id)
    await bought(harness, order_id)
    story = [event for event in await harness.timeline(order_id) if event.startswith("purchase.")]
    searched = ["purchase.searched_none"] * harness.shop.kinguin.search.nones
    assert story[: 1 + len(searched)] == ["purchase.unclear", *searched]


async def test_an_external_id_that_is_taken_is_looked_up(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.sandbox.set(externalIdUnique=True)
    await harness.sandbox.fault("reserve", "accept_then_timeout", status=502, delayMs=0)
    with pytest.raises(Transient):
        await harness.buy(order_id)
    # as if the search had been wrong: the intent looks untouched, so the purchase is made again
    await harness.owner.execute("update reservations set requested_at = null where order_id = $1", order_id)
    await bought(harness, order_id)


async def test_what_surely_did_not_happen_is_bought_again_without_a_search(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.sandbox.fault("reserve", "error", status=429, body="json")
    with pytest.raises(Transient) as refused:
        await harness.buy(order_id)
    assert refused.value.retry_after_s == 1
    (row,) = await harness.purchases(order_id)
    assert row["requested_at"] is None
    await bought(harness, order_id)
    (purchase,) = await harness.sandbox.purchases(order_id)
    assert "lookup" not in purchase["calls"]


async def test_many_handlers_of_one_order_buy_once(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.sandbox.set(latencyMs=50)
    outcomes = await asyncio.gather(*(harness.buy(order_id) for _ in range(8)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} <= {type(None), PurchaseInWork}
    (purchase,) = await harness.sandbox.purchases(order_id)
    assert purchase["calls"]["reserve"] == 1
    assert await harness.status(order_id) == "given"


async def test_a_handler_waits_for_whoever_holds_the_order(harness: Harness) -> None:
    order_id = await harness.paid()
    async with harness.owner.acquire() as other:
        async with other.transaction():
            await other.execute("update orders set status = 'cancelled' where id = $1", order_id)
            buying = asyncio.create_task(harness.buy(order_id))

            async def blocked() -> bool:
                query = "select exists (select from pg_stat_activity where $1 = any(pg_blocking_pids(pid)))"
                return bool(await harness.owner.fetchval(query, other.get_server_pid()))

            await eventually(blocked, "the handler waits")
        await buying
    assert await harness.sandbox.purchases(order_id) == []


async def test_a_redelivered_message_changes_nothing(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.buy(order_id)
    before = await harness.timeline(order_id)
    await harness.buy(order_id)
    assert await harness.timeline(order_id) == before
    (purchase,) = await harness.sandbox.purchases(order_id)
    assert purchase["calls"]["reserve"] == 1


async def test_an_unpaid_order_is_not_bought(harness: Harness) -> None:
    order_id = await harness.order()
    await harness.buy(order_id)
    assert await harness.sandbox.purchases(order_id) == []


async def test_a_dead_handlers_lease_is_taken_over_at_once(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.sandbox.fault("reserve", "accept_then_timeout", delayMs=3000)
    dead = Outbox("fulfillment")  # its process holds no advisory lock: it was killed
    buyer = harness.shop.buyer
    ghost = type(buyer)(
        Books(harness.pool, dead), buyer.kinguin, buyer.cashier, buyer.deadlines, buyer.policy, buyer.call_s_max
    )
    call = asyncio.create_task(reserve_key(ghost, order_id, Cause("ghost")))

    async def accepted() -> bool:
        return bool(await harness.sandbox.purchases(order_id))

    await eventually(accepted, "Kinguin has accepted")
    call.cancel()
    (row,) = await harness.purchases(order_id)
    assert row["lease_owner"] == dead.instance
    await bought(harness, order_id)


async def test_a_live_handlers_lease_is_waited_for(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.sandbox.set(latencyMs=400)
    first = asyncio.create_task(harness.buy(order_id))

    async def claimed() -> bool:
        return bool(await harness.purchases(order_id))

    await eventually(claimed, "the intent is committed")
    with pytest.raises(PurchaseInWork) as waiting:
        await harness.buy(order_id)
    assert waiting.value.retry_after_s is not None
    assert 0 < waiting.value.retry_after_s <= harness.shop.buyer.lease_s
    await first
    assert await harness.status(order_id) == "given"


async def test_the_webhook_that_overtakes_the_answer_settles_the_purchase(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.sandbox.fault("reserve", "slow_answer", delayMs=600)
    buying = asyncio.create_task(harness.buy(order_id))

    async def accepted() -> str | None:
        found = await harness.sandbox.purchases(order_id)
        return found[0]["reservationId"] if found else None

    reservation_id = await eventually(accepted, "Kinguin has accepted")
    assert reservation_id is not None
    key = "orderExternalId" if harness.settings.kinguin_api == "esa" else "externalId"
    name = "order_external_id" if key == "orderExternalId" else key
    await harness.webhook(order_id, "give", reservation_id=reservation_id, **{name: str(order_id)})
    assert await harness.status(order_id) == "given"
    await buying
    (_,) = await harness.sandbox.purchases(order_id)
    assert await harness.status(order_id) == "given"


async def test_a_webhook_before_our_reservation_is_committed_comes_again(harness: Harness) -> None:
    order_id = await harness.paid()
    with pytest.raises(ReservationNotOurs) as early:
        await harness.webhook(order_id, "delivered", reservation_id="rsv_of_nobody")
    assert isinstance(early.value, NotYet)


async def test_a_second_reservation_under_our_id_calls_a_person_and_replaces_nothing(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.buy(order_id)
    ours = {"order_external_id" if harness.settings.kinguin_api == "esa" else "externalId": str(order_id)}
    for event in ("give", "cancel"):
        await harness.webhook(order_id, event, reservation_id=f"rsv_{uuid4().hex}", **ours)
        assert (await harness.timeline(order_id))[-1] == "order.alert"
    assert await harness.status(order_id) == "given"
    (_,) = await harness.purchases(order_id)


async def test_a_webhook_delivered_twice_has_one_effect(harness: Harness) -> None:
    order_id = await harness.paid()
    await harness.buy(order_id)
    event_id = str(uuid4())
    await asyncio.gather(*(harness.webhook(order_id, "delivered", event_id=event_id) for _ in range(4)))
    await harness.webhook(order_id, "delivered")
    await harness.webhook(order_id, "give")
    assert len(await harness.told(order_id, "delivery_requested")) == 1
    assert (await harness.timeline(order_id)).count("order.delivered") == 1


async def test_an_order_that_completes_at_once_needs_no_webhook_on_esa(harness: Harness) -> None:
    await harness.sandbox.set(completion="at_once")
    order_id = await harness.paid()
    await harness.buy(order_id)
    expected = "delivered" if harness.settings.kinguin_api == "esa" else "given"
    assert await harness.status(order_id) == expected


async def test_a_mail_for_an_unpaid_order_is_refused(harness: Harness) -> None:
    order_id = await harness.order()
    with pytest.raises(IllegalTransition):
        await harness.mailed(order_id)
