"""Each way in which a provider can be broken."""

import asyncio
import time

import aiohttp
import pytest
from bitloot_sandbox.testing import Answer, Buyer, Receiver, SandboxProcess, eventually


async def status(sandbox: SandboxProcess) -> Answer:
    return await sandbox.call("GET", "/nowpayments/v1/status")


async def test_an_error_hits_the_next_call_only(sandbox: SandboxProcess) -> None:
    await sandbox.fault("nowpayments", "status", "error")
    answer = await status(sandbox)
    assert answer.status == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert b"<h1>503 Service Unavailable</h1>" in answer.body
    assert (await status(sandbox)).status == 200


async def test_a_count_and_a_rate(sandbox: SandboxProcess) -> None:
    await sandbox.fault("nowpayments", "*", "error", count=2)
    assert [(await status(sandbox)).status for _ in range(3)] == [503, 503, 200]
    await sandbox.settings(seed=11)
    await sandbox.fault("nowpayments", "status", "error", rate=0.3)
    first = [(await status(sandbox)).status for _ in range(60)]
    assert 8 <= first.count(503) <= 30
    await sandbox.settings(seed=None)
    await sandbox.settings(seed=11)
    assert [(await status(sandbox)).status for _ in range(60)] == first


async def test_deleting_the_faults_mends_everything(sandbox: SandboxProcess) -> None:
    await sandbox.fault("nowpayments", "*", "error", rate=1)
    assert (await sandbox.call("DELETE", "/control/faults")).json() == {"faults": []}
    assert (await status(sandbox)).status == 200


async def test_429_is_html_at_nowpayments_and_json_with_retry_after_at_kinguin(
    sandbox: SandboxProcess, order_id: str
) -> None:
    await sandbox.fault("nowpayments", "status", "error", status=429)
    page = await status(sandbox)
    assert (page.status, page.headers["content-type"]) == (429, "text/html")
    assert "retry-after" not in page.headers
    await sandbox.fault("kinguin", "reserve", "error", status=429, retryAfterS=7)
    answer = await Buyer(sandbox).reserve(order_id)
    assert (answer.status, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["retryable"] is True


async def test_an_esa_error_has_its_kind(sandbox: SandboxProcess) -> None:
    await sandbox.fault("esa", "balance", "error", status=409, code="ResourceLock")
    answer = await sandbox.call("GET", "/esa/api/v1/balance", headers={"X-Api-Key": "esa-api-key"})
    assert (answer.status, answer.json()["kind"]) == (409, "ResourceLock")
    assert (answer.json()["path"], answer.json()["method"]) == ("/api/v1/balance", "GET")


async def test_an_error_does_no_work(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.fault("kinguin", "reserve", "error", status=500)
    assert (await Buyer(sandbox).reserve(order_id)).status == 500
    assert await sandbox.ledger(order_id) == []


async def test_a_timeout_does_no_work_and_says_nothing(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.fault("kinguin", "reserve", "timeout", delayMs=100)
    with pytest.raises(aiohttp.ClientConnectionError):
        await Buyer(sandbox).reserve(order_id)
    assert await sandbox.ledger(order_id) == []


async def test_accept_then_timeout_does_the_work_and_says_nothing(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.fault("kinguin", "reserve", "accept_then_timeout", delayMs=100)
    with pytest.raises(aiohttp.ClientConnectionError):
        await Buyer(sandbox).reserve(order_id)
    assert len(await sandbox.ledger(order_id)) == 1


async def test_accept_then_504(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.fault("kinguin", "reserve", "accept_then_timeout", status=504, delayMs=0)
    assert (await Buyer(sandbox).reserve(order_id)).status == 504
    assert len(await sandbox.ledger(order_id)) == 1


async def test_a_client_that_gives_up_ends_the_silence(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.fault("kinguin", "reserve", "accept_then_timeout")
    buyer = Buyer(sandbox)
    await buyer.log_in()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await buyer.reserve(order_id)
    assert len(await sandbox.ledger(order_id)) == 1


async def test_a_reset_comes_in_the_middle_of_the_body(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.fault("kinguin", "reserve", "reset")
    with pytest.raises(aiohttp.ClientError):
        await Buyer(sandbox).reserve(order_id)
    assert len(await sandbox.ledger(order_id)) == 1


async def test_slow_is_slow(sandbox: SandboxProcess) -> None:
    await sandbox.fault("nowpayments", "status", "slow", delayMs=150)
    started = time.monotonic()
    assert (await status(sandbox)).status == 200
    assert time.monotonic() - started >= 0.15


async def test_slow_work_is_done_even_if_the_client_has_gone(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.fault("kinguin", "reserve", "slow", delayMs=300)
    buyer = Buyer(sandbox)
    await buyer.log_in()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await buyer.reserve(order_id)
    assert await sandbox.ledger(order_id) == []
    await eventually(lambda: sandbox.ledger(order_id))


async def test_a_slow_answer_is_overtaken_by_its_webhook(
    sandbox: SandboxProcess, shop: Receiver, order_id: str
) -> None:
    await sandbox.settings(webhookDelayMs=0)
    await sandbox.fault("kinguin", "reserve", "slow_answer", delayMs=1000)
    reserving = asyncio.create_task(Buyer(sandbox).reserve(order_id))
    await shop.gets(order_id)
    assert not reserving.done()
    assert (await reserving).status == 201


async def test_latency_slows_the_providers_not_the_control(sandbox: SandboxProcess) -> None:
    await sandbox.settings(latencyMs=120)
    started = time.monotonic()
    await status(sandbox)
    assert time.monotonic() - started >= 0.12


async def test_out_of_stock_in_the_answer_of_reserve(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.fault("kinguin", "reserve", "out_of_stock")
    buyer = Buyer(sandbox)
    refused = await buyer.reserve(order_id, key=order_id)
    assert (refused.status, refused.json()["code"]) == (422, "OUT_OF_STOCK")
    assert (await buyer.reserve(order_id, key=order_id)).status == 201


async def test_out_of_stock_by_webhook_after_give(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    await sandbox.fault("kinguin", "give", "out_of_stock", delayMs=0)
    buyer = Buyer(sandbox)
    reservation_id = await buyer.bought(order_id)
    await shop.gets(reservation_id, '"outofstock"')
    answer = await buyer.delivered(reservation_id)
    assert (answer.status, answer.json()["code"]) == (409, "OUTOFSTOCK")
    [entry] = await sandbox.ledger(order_id)
    assert (entry["status"], entry["bought"], entry["codes"]) == ("outofstock", False, [])


async def test_cancelled_after_reserve_even_when_given_meanwhile(
    sandbox: SandboxProcess, shop: Receiver, order_id: str
) -> None:
    await sandbox.fault("kinguin", "reserve", "cancel", delayMs=300)
    await Buyer(sandbox).bought(order_id)
    await shop.gets(order_id, '"cancel"')
    [entry] = await sandbox.ledger(order_id)
    assert (entry["status"], entry["codes"]) == ("cancelled", [])


async def test_esa_cancels_too(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    await sandbox.fault("kinguin", "reserve", "cancel", delayMs=0)
    body = {
        "products": [{"productId": "kinguin-demo", "qty": 1, "price": 8}],
        "orderExternalId": order_id,
    }
    headers = {"X-Api-Key": "esa-api-key"}
    answer = await sandbox.call("POST", "/esa/api/v2/order", body, headers=headers)
    assert (answer.status, answer.json()["status"]) == (201, "processing")
    assert (await shop.gets(order_id))[0].json()["status"] == "canceled"
