"""How webhooks are sent, sent again, lost and shuffled."""

from itertools import pairwise
from typing import Any

from bitloot_sandbox.testing import Buyer, Receiver, SandboxProcess, eventually


async def ended(sandbox: SandboxProcess, subject: str, *, within_s: float = 10.0) -> list[dict[str, Any]]:
    """The webhooks about it, once there are some and each has come to its end."""

    async def all_ended() -> list[dict[str, Any]]:
        found = await sandbox.webhooks(subject)
        return found if all(webhook["state"] != "pending" for webhook in found) else []

    return await eventually(all_ended, within_s=within_s)


async def new_payment(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> str:
    body = {"price_amount": 9.99, "price_currency": "eur", "pay_currency": "ltc", "order_id": order_id}
    body["ipn_callback_url"] = f"{shop.url}/ipn"
    headers = {"x-api-key": "np-api-key"}
    answer = await sandbox.call("POST", "/nowpayments/v1/payment", body, headers=headers)
    payment_id: str = answer.json()["payment_id"]
    return payment_id


async def order_at_esa(sandbox: SandboxProcess, order_id: str) -> str:
    body = {"products": [{"productId": "p", "qty": 1, "price": 8}], "orderExternalId": order_id}
    headers = {"X-Api-Key": "esa-api-key"}
    answer = await sandbox.call("POST", "/esa/api/v2/order", body, headers=headers)
    esa_id: str = answer.json()["orderId"]
    return esa_id


async def test_nowpayments_repeats_at_a_fixed_interval_then_never(
    sandbox: SandboxProcess, shop: Receiver, order_id: str
) -> None:
    await sandbox.settings(ipnRetries=3, ipnRetryMs=100)
    shop.status = 503
    payment_id = await new_payment(sandbox, shop, order_id)
    [webhook] = await ended(sandbox, payment_id)
    assert webhook["state"] == "failed"
    assert [attempt["status"] for attempt in webhook["attempts"]] == [503] * 4
    times = [received.at for received in shop.about(payment_id)]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) >= 0.09
    assert len({received.body for received in shop.about(payment_id)}) == 1


async def test_nowpayments_stops_at_the_first_success(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    await sandbox.settings(ipnRetryMs=50)
    shop.status = 500
    payment_id = await new_payment(sandbox, shop, order_id)
    await shop.gets(payment_id)
    shop.status = 200
    [webhook] = await ended(sandbox, payment_id)
    assert (webhook["state"], webhook["attempts"][-1]["status"]) == ("delivered", 200)


async def test_a_late_answer_is_a_failure_to_nowpayments(
    sandbox: SandboxProcess, shop: Receiver, order_id: str
) -> None:
    assert (await sandbox.call("GET", "/control/settings")).json()["ipnTimeoutMs"] == 3000
    await sandbox.settings(ipnTimeoutMs=100, ipnRetries=1, ipnRetryMs=10)
    shop.delay_s = 0.5
    [webhook] = await ended(sandbox, await new_payment(sandbox, shop, order_id))
    assert [attempt["error"] for attempt in webhook["attempts"]] == ["no answer within 0.1 s"] * 2


async def test_kinguin_repeats_with_growing_delays(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    await sandbox.settings(kinguinRetries=3, kinguinRetryMs=40)
    shop.status = 500
    reservation_id = (await Buyer(sandbox).reserve(order_id)).json()["id"]
    [webhook] = await ended(sandbox, reservation_id)
    assert (webhook["state"], len(webhook["attempts"])) == ("failed", 4)
    times = [received.at for received in shop.about(reservation_id)]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(gap >= wanted for gap, wanted in zip(gaps, (0.035, 0.075, 0.155), strict=True))


async def test_esa_wants_an_empty_body(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    await sandbox.settings(kinguinRetries=1, kinguinRetryMs=10)
    shop.body = b'{"ok":true}'
    [refused] = await ended(sandbox, await order_at_esa(sandbox, order_id))
    assert [(attempt["status"], attempt["ok"]) for attempt in refused["attempts"]] == [(200, False)] * 2
    shop.body, shop.status = b"", 204
    [accepted] = await ended(sandbox, await order_at_esa(sandbox, order_id))
    assert accepted["state"] == "delivered"


async def test_reservations_take_any_body(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    shop.body = b'{"ok":true}'
    [webhook] = await ended(sandbox, (await Buyer(sandbox).reserve(order_id)).json()["id"])
    assert webhook["state"] == "delivered"


async def test_esa_switches_off_an_endpoint_that_fails_too_often(
    sandbox: SandboxProcess, shop: Receiver, order_id: str
) -> None:
    await sandbox.settings(webhooksOffAfter=2, kinguinRetries=1, kinguinRetryMs=1)
    shop.status = 500
    await ended(sandbox, await order_at_esa(sandbox, order_id))
    [webhook] = await ended(sandbox, await order_at_esa(sandbox, order_id))
    assert (webhook["state"], webhook["attempts"]) == ("switched_off", [])
    shop.status = 200
    await sandbox.control("reset", None)
    [webhook] = await ended(sandbox, await order_at_esa(sandbox, order_id))
    assert webhook["state"] == "delivered"


async def test_a_dropped_webhook_never_comes(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    await sandbox.fault("kinguin", "delivered", "drop_webhook")
    buyer = Buyer(sandbox)
    reservation_id = await buyer.bought(order_id)
    await buyer.all_codes(reservation_id)
    found = await ended(sandbox, reservation_id)
    assert {webhook["event"]: webhook["state"] for webhook in found} == {
        "reserve": "delivered",
        "give": "delivered",
        "delivered": "dropped",
    }
    assert {received.json()["event"] for received in shop.about(reservation_id)} == {"reserve", "give"}


async def test_a_duplicate_comes_twice(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    await sandbox.fault("nowpayments", "webhook", "duplicate_webhook")
    payment_id = await new_payment(sandbox, shop, order_id)
    first, second = await shop.gets(payment_id, count=2)
    assert first.body == second.body
    assert first.headers["x-nowpayments-sig"] == second.headers["x-nowpayments-sig"]


async def test_a_late_webhook_is_late(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    await sandbox.settings(ipnOnCreate=False)
    payment_id = await new_payment(sandbox, shop, order_id)
    await sandbox.fault("nowpayments", "confirming", "late_webhook", delayMs=400)
    await sandbox.control(f"payments/{payment_id}", {"status": "confirming"})
    await sandbox.control(f"payments/{payment_id}", {"status": "finished"})
    statuses = [ipn.json()["payment_status"] for ipn in await shop.gets(payment_id, count=2)]
    assert statuses == ["finished", "confirming"]


async def test_a_reordered_webhook_comes_after_the_next(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    await sandbox.settings(ipnOnCreate=False)
    payment_id = await new_payment(sandbox, shop, order_id)
    await sandbox.fault("nowpayments", "*", "reorder_webhooks", delayMs=60_000)
    await sandbox.control(f"payments/{payment_id}", {"status": "confirming"})
    await sandbox.control(f"payments/{payment_id}", {"status": "finished"})
    statuses = [ipn.json()["payment_status"] for ipn in await shop.gets(payment_id, count=2)]
    assert statuses == ["finished", "confirming"]


async def test_a_reordered_webhook_comes_even_without_a_next(
    sandbox: SandboxProcess, shop: Receiver, order_id: str
) -> None:
    await sandbox.fault("nowpayments", "*", "reorder_webhooks", delayMs=100)
    assert await shop.gets(await new_payment(sandbox, shop, order_id))


async def test_the_log_of_webhooks_has_no_secret(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    reservation_id = await Buyer(sandbox).bought(order_id)
    await shop.gets(reservation_id, count=3)
    log = await sandbox.call("GET", "/control/webhooks?limit=1000")
    assert b"webhook-secret" not in log.body
    assert b"x-nowpayments-sig" not in log.body
