"""NOWPayments: shapes, refusals, the life of a payment."""

from typing import Any

from bitloot_sandbox.testing import Answer, Receiver, SandboxProcess, eventually

KEY = {"x-api-key": "np-api-key"}


async def create(sandbox: SandboxProcess, shop: Receiver, **changes: Any) -> dict[str, Any]:
    answer = await ask_for_payment(sandbox, shop, **changes)
    assert answer.status == 201, answer
    payment: dict[str, Any] = answer.json()
    return payment


async def ask_for_payment(sandbox: SandboxProcess, shop: Receiver, **changes: Any) -> Answer:
    body = {
        "price_amount": 9.99,
        "price_currency": "eur",
        "pay_currency": "ltc",
        "order_id": "order-1",
        "order_description": "Demo Quest",
        "ipn_callback_url": f"{shop.url}/ipn",
    }
    return await sandbox.call("POST", "/nowpayments/v1/payment", body | changes, headers=KEY)


async def get(sandbox: SandboxProcess, payment_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await sandbox.call("GET", f"/nowpayments/v1/payment/{payment_id}", headers=KEY)).json()
    return found


async def test_a_new_payment_has_a_string_id_and_no_invoice_url(sandbox: SandboxProcess, shop: Receiver) -> None:
    payment = await create(sandbox, shop)
    assert isinstance(payment["payment_id"], str)
    assert payment["payment_status"] == "waiting"
    assert payment["pay_amount"] == round(9.99 * 1.08 / 80, 8)
    assert payment["purchase_id"].isdecimal()
    assert "invoice_url" not in payment
    assert {"pay_address", "network", "valid_until", "expiration_estimate_date", "type"} <= set(payment)


async def test_the_asked_payment_has_a_number_for_its_id(sandbox: SandboxProcess, shop: Receiver) -> None:
    payment = await create(sandbox, shop)
    asked = await get(sandbox, payment["payment_id"])
    assert asked["payment_id"] == int(payment["payment_id"])
    assert asked["actually_paid"] == 0
    assert asked["invoice_id"] is None


async def test_a_coin_with_memos_has_one(sandbox: SandboxProcess, shop: Receiver) -> None:
    assert (await create(sandbox, shop, pay_currency="xrp"))["payin_extra_id"]
    assert (await create(sandbox, shop))["payin_extra_id"] is None


async def test_a_wrong_key_is_403_and_status_needs_none(sandbox: SandboxProcess) -> None:
    answer = await sandbox.call("GET", "/nowpayments/v1/payment/1", headers={"x-api-key": "other"})
    assert answer.status == 403
    assert answer.json() == {
        "status": False,
        "statusCode": 403,
        "code": "INVALID_API_KEY",
        "message": "Invalid api key",
    }
    assert (await sandbox.call("GET", "/nowpayments/v1/status")).json() == {"message": "OK"}


async def test_refusals_have_the_providers_codes(sandbox: SandboxProcess, shop: Receiver) -> None:
    too_small = await ask_for_payment(sandbox, shop, price_amount=0.5)
    assert (too_small.status, too_small.json()["code"]) == (400, "AMOUNT_MINIMAL_ERROR")
    no_coin = await ask_for_payment(sandbox, shop, pay_currency="shells")
    assert (no_coin.status, no_coin.json()["code"]) == (400, "CURRENCY_UNAVAILABLE")
    no_price = await ask_for_payment(sandbox, shop, price_amount=None)
    assert (no_price.status, no_price.json()["statusCode"]) == (400, 400)
    unknown = await sandbox.call("GET", "/nowpayments/v1/payment/17", headers=KEY)
    assert (unknown.status, unknown.json()["code"]) == (404, "PAYMENT_NOT_FOUND")


async def test_beyond_the_rate_limit_is_html_without_retry_after(sandbox: SandboxProcess, shop: Receiver) -> None:
    await sandbox.settings(paymentsPerS=1)
    await create(sandbox, shop)
    answer = await ask_for_payment(sandbox, shop)
    assert answer.status == 429
    assert answer.headers["content-type"].startswith("text/html")
    assert "retry-after" not in answer.headers


async def test_min_amount_and_estimate(sandbox: SandboxProcess) -> None:
    smallest = await sandbox.call(
        "GET", "/nowpayments/v1/min-amount?currency_from=ltc&currency_to=ltc&fiat_equivalent=usd", headers=KEY
    )
    assert smallest.json() == {
        "currency_from": "ltc",
        "currency_to": "ltc",
        "min_amount": 0.0125,
        "fiat_equivalent": 1.0,
    }
    estimate = await sandbox.call(
        "GET", "/nowpayments/v1/estimate?amount=80&currency_from=usd&currency_to=ltc", headers=KEY
    )
    assert estimate.json()["estimated_amount"] == 1.0


async def test_an_invoice_gets_its_payment_when_a_coin_is_picked(sandbox: SandboxProcess, shop: Receiver) -> None:
    wanted = {
        "price_amount": 9.99,
        "price_currency": "eur",
        "order_id": "o",
        "ipn_callback_url": f"{shop.url}/ipn",
    }
    invoice = (await sandbox.call("POST", "/nowpayments/v1/invoice", wanted, headers=KEY)).json()
    assert isinstance(invoice["id"], str)
    assert invoice["price_amount"] == "9.99"
    assert invoice["pay_currency"] is None
    picked = {"iid": invoice["id"], "pay_currency": "btc"}
    payment = (await sandbox.call("POST", "/nowpayments/v1/invoice-payment", picked, headers=KEY)).json()
    assert payment["payment_id"] != invoice["id"]
    ipn = (await shop.gets(payment["payment_id"]))[0].json()
    assert ipn["invoice_id"] == int(invoice["id"])
    assert ipn["order_id"] == "o"


async def test_the_case_success_goes_all_the_way_by_itself(sandbox: SandboxProcess, shop: Receiver) -> None:
    await sandbox.settings(paymentStepMs=30)
    payment = await create(sandbox, shop, case="success")
    ipns = await shop.gets(payment["payment_id"], count=5)
    statuses = [ipn.json()["payment_status"] for ipn in ipns]
    assert statuses == ["waiting", "confirming", "confirmed", "sending", "finished"]


async def test_the_case_partially_paid_brings_half(sandbox: SandboxProcess, shop: Receiver) -> None:
    await sandbox.settings(paymentStepMs=1)
    payment = await create(sandbox, shop, case="partially_paid")

    async def arrived() -> bool:
        return "partially_paid" in (await get(sandbox, payment["payment_id"])).values()

    await eventually(arrived)
    ipns = [ipn.json() for ipn in await shop.gets(payment["payment_id"], count=3)]
    assert {ipn["payment_status"]: ipn["actually_paid"] for ipn in ipns} == {
        "waiting": 0,
        "confirming": round(payment["pay_amount"] / 2, 8),
        "partially_paid": round(payment["pay_amount"] / 2, 8),
    }


async def test_a_walk_ends_where_somebody_else_moves_it(sandbox: SandboxProcess, shop: Receiver) -> None:
    payment_id = (await create(sandbox, shop))["payment_id"]
    path = f"payments/{payment_id}"
    walking = await sandbox.control(path, {"status": "finished", "walk": True, "stepMs": 150})
    assert walking["ipn"] == "walking"
    await shop.gets(payment_id, '"confirming"')
    await sandbox.control(path, {"status": "failed"})
    await sandbox.control(path, {"status": "sending", "walk": True, "stepMs": 300})
    await shop.gets(payment_id, '"sending"')
    assert not shop.about(payment_id, '"confirmed"')


async def test_a_moved_payment_sends_its_ipn_unless_silent(sandbox: SandboxProcess, shop: Receiver) -> None:
    await sandbox.settings(ipnOnCreate=False)
    payment_id = (await create(sandbox, shop))["payment_id"]
    await sandbox.control(f"payments/{payment_id}", {"status": "confirming", "silent": True})
    moved = await sandbox.control(f"payments/{payment_id}", {"status": "partially_paid", "actuallyPaid": 0.01})
    assert (moved["ipn"], moved["actuallyPaid"]) == ("sent", 0.01)
    [ipn] = await shop.gets(payment_id)
    assert (ipn.json()["payment_status"], ipn.json()["actually_paid"]) == ("partially_paid", 0.01)
    assert ipn.path == "/ipn"


async def test_after_expiry_money_comes_without_an_ipn(sandbox: SandboxProcess, shop: Receiver) -> None:
    await sandbox.settings(ipnOnCreate=False)
    payment = await create(sandbox, shop)
    path = f"payments/{payment['payment_id']}"
    await sandbox.control(path, {"status": "expired"})
    assert (await sandbox.control(path, {"status": "finished"}))["ipn"] == "none"
    asked = await get(sandbox, payment["payment_id"])
    assert (asked["payment_status"], asked["actually_paid"]) == ("finished", payment["pay_amount"])
    assert [w["event"] for w in await sandbox.webhooks(payment["payment_id"])] == ["expired"]


async def test_a_second_deposit_is_a_payment_with_a_parent(sandbox: SandboxProcess, shop: Receiver) -> None:
    parent = await create(sandbox, shop, order_id="order-7")
    path = f"payments/{parent['payment_id']}/deposit"
    orphan = await sandbox.control(path, {"amount": 0.02}, expect=201)
    named = await sandbox.control(path, {"amount": 0.5, "payCurrency": "btc", "orderId": "parent"}, expect=201)
    first = (await shop.gets(f'"payment_id":{orphan["paymentId"]}'))[0].json()
    assert first["parent_payment_id"] == int(parent["payment_id"])
    assert (first["order_id"], first["pay_currency"], first["actually_paid"]) == (None, "ltc", 0.02)
    second = (await shop.gets(f'"payment_id":{named["paymentId"]}'))[0].json()
    assert (second["order_id"], second["pay_currency"]) == ("order-7", "btc")
    asked = await get(sandbox, named["paymentId"])
    assert asked["parent_payment_id"] == int(parent["payment_id"])
