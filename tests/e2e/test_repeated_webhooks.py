"""Webhooks come twice, forged and out of order: one effect, as seen with plain curl."""

import asyncio
import json
from typing import Any
from uuid import uuid4

from eventually import eventually
from shop import Order, Shop


async def curl(*arguments: str, body: str | bytes | None = None) -> tuple[int, str]:
    """Runs curl as a person would; returns status and body."""
    data = ["--data-binary", "@-"] if body is not None else []
    process = await asyncio.create_subprocess_exec(
        "curl", "--silent", "--max-time", "10", "--write-out", "\n%{http_code}", *data, *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate(body.encode() if isinstance(body, str) else body)
    text, _, status = out.decode().rpartition("\n")
    return int(status), text


def as_options(headers: dict[str, str]) -> list[str]:
    return [part for name, value in headers.items() for part in ("--header", f"{name}: {value}")]


async def paid_by_curl(shop: Shop, email: str) -> tuple[Order, dict[str, Any], bytes, list[str]]:
    """Order, payment and signed IPN, each with curl. Returns the IPN's bytes and options for repeating it."""
    as_json = ["--header", "content-type: application/json"]
    status, text = await curl(
        f"{shop.ingress}/orders", *as_json, body=json.dumps({"email": email, "productId": "demo"})
    )
    assert status == 201, text
    placed = json.loads(text)
    order = Order(placed["orderId"], placed["orderSessionToken"], email)
    status, text = await curl(f"{shop.ingress}/payments/create", *as_json, body=json.dumps({"orderId": order.id}))
    assert status == 201, text
    payment = json.loads(text)
    raw, headers = shop.signed_ipn(
        payment_id=int(payment["paymentId"]),
        payment_status="finished",
        order_id=order.id,
        price_amount=float(payment["priceAmount"]),
        price_currency=payment["priceCurrency"].lower(),
        pay_amount=float(payment["payAmount"]),
        actually_paid=float(payment["payAmount"]),
        pay_currency=payment["payCurrency"],
        fee={"currency": "btc", "depositFee": 0.000083, "serviceFee": 0, "withdrawalFee": 0},
    )
    options = [f"{shop.ingress}/payments/ipn", *as_options(headers)]
    assert await curl(*options, body=raw) == (200, '{"ok":true}')
    return order, payment, raw, options


async def test_a_repeated_ipn_and_a_repeated_kinguin_webhook_count_once(shop: Shop) -> None:
    order, _, raw, options = await paid_by_curl(shop, "seed@example.com")
    assert await curl(*options, body=raw) == (200, '{"ok":true}')
    await shop.reaches(order, "fulfilled")
    (purchase,) = await shop.purchases(order.id)
    if shop.env.get("KINGUIN_API", "reservations") == "esa":
        headers = {"X-Event-Name": "order.status", "X-Event-Secret": shop.env["KINGUIN_WEBHOOK_SECRET"]}
        body = {"orderId": purchase["reservationId"], "orderExternalId": order.id, "status": "completed"}
    else:
        headers = {"X-Auth-Token": shop.env["KINGUIN_WEBHOOK_SECRET"]}
        body = {"reservationId": purchase["reservationId"], "event": "delivered", "productId": "kinguin-demo"}
    for _ in range(2):
        status, text = await curl(f"{shop.ingress}/kinguin/webhook", *as_options(headers), body=json.dumps(body))
        assert (status, text) == (200, "")

    other = await shop.order("after-seed@example.com")
    await shop.pay(await shop.payment(other))
    await shop.reaches(other, "fulfilled")  # whatever the duplicates set going is behind us now

    assert len(await shop.purchases(order.id)) == 1
    assert len(await shop.mails_of(order)) == 1
    ask = {"provider": "nowpayments", "order_id": order.id, "event_type": "finished"}
    (finished,) = await shop.webhooks(**ask)
    assert finished.outcome == "accepted"

    async def counted() -> bool:
        return (await shop.webhooks(**ask))[0].duplicates >= 1

    await eventually(counted, "the duplicate in its webhook's counter")


async def test_a_forged_webhook_is_refused_and_changes_nothing(shop: Shop) -> None:
    order = await shop.order("forged@example.com")
    payment = await shop.payment(order)
    raw, headers = shop.signed_ipn(payment_id=int(payment["paymentId"]), payment_status="finished", order_id=order.id)
    forged = {**headers, "x-nowpayments-sig": headers["x-nowpayments-sig"][:-1] + "x"}
    status, text = await curl(f"{shop.ingress}/payments/ipn", *as_options(forged), body=raw)
    assert status == 401
    assert json.loads(text)["status"] == 401
    status, _ = await curl(f"{shop.ingress}/kinguin/webhook", body=json.dumps({"reservationId": str(uuid4())}))
    assert status == 401
    # the sandbox's own `waiting` is there by right
    assert await shop.webhooks(order_id=order.id, event_type="finished") == []


async def test_a_price_named_by_the_payer_ships_nothing(shop: Shop) -> None:
    order = await shop.order("cheap@example.com")
    payment = await shop.payment(order)
    raw, headers = shop.signed_ipn(
        payment_id=int(payment["paymentId"]), payment_status="finished", order_id=order.id,
        price_amount=0.01, price_currency="eur", pay_amount=0.0000001, actually_paid=0.0000001,
        pay_currency=payment["payCurrency"],
    )  # fmt: skip
    status, _ = await curl(f"{shop.ingress}/payments/ipn", *as_options(headers), body=raw)
    assert status == 200
    other = await shop.order("full-price@example.com")
    await shop.pay(await shop.payment(other))
    await shop.reaches(other, "fulfilled")
    assert await shop.purchases(order.id) == []
