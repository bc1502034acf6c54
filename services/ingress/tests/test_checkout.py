"""Orders and payments over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from eventually import eventually

from .conftest import Ingress, Start
from .provider import FakeNowPayments, as_json, too_many

Sql = Any  # an asyncpg connection of the owner


@pytest.fixture(scope="module")
async def provider_process() -> AsyncIterator[FakeNowPayments]:
    provider = FakeNowPayments()
    await provider.start()
    yield provider
    await provider.stop()


@pytest.fixture
def provider(provider_process: FakeNowPayments) -> FakeNowPayments:
    provider_process.reset()
    return provider_process


@pytest.fixture(scope="module")
async def ingress(start_ingress: Start, provider_process: FakeNowPayments) -> Ingress:
    return await start_ingress(
        NOWPAYMENTS_BASE=provider_process.url,
        NOWPAYMENTS_PAYMENTS_PER_S_MAX="1000",
        NOWPAYMENTS_REQUESTS_PER_S_MAX="1000",
        WEBHOOK_BASE_URL="https://ingress.example/",
    )


async def place(http: httpx.AsyncClient, ingress: Ingress, **fields: Any) -> dict[str, Any]:
    answer = await http.post(f"{ingress.url}/orders", json={"email": "a@example.com", "productId": "demo"} | fields)
    assert answer.status_code == 201, answer.text
    placed: dict[str, Any] = answer.json()
    return placed


async def test_an_order_has_the_catalogues_price(ingress: Ingress, http: httpx.AsyncClient, sql: Sql) -> None:
    placed = await place(http, ingress, quantity=3, price=0.01, priceAmount=0.01)
    assert (placed["amount"], placed["total"], placed["currency"]) == (29.97, "29.97", "EUR")
    assert placed["id"] == placed["orderId"]
    assert placed["status"] == "created"
    row = await sql.fetchrow("select * from orders where id = $1", UUID(placed["orderId"]))
    assert (str(row["amount"]), str(row["unit_price"]), row["quantity"]) == ("29.97", "9.99", 3)
    assert (row["locale"], row["status"], row["email"]) == ("en", "created", "a@example.com")
    assert placed["orderSessionToken"].encode() not in row["session_token_hash"]


async def test_the_customers_language_is_kept(ingress: Ingress, http: httpx.AsyncClient, sql: Sql) -> None:
    answer = await http.post(
        f"{ingress.url}/orders",
        json={"email": "a@example.com", "productId": "demo"},
        headers={"accept-language": "de-AT,de;q=0.9"},
    )
    order_id = UUID(answer.json()["orderId"])
    assert await sql.fetchval("select locale from orders where id = $1", order_id) == "de"


@pytest.mark.parametrize(
    "body",
    [
        {"email": "nobody"},
        {"email": "nobody", "productId": "demo"},
        {"email": "a@example.com\nBcc: b@example.com", "productId": "demo"},
        {"email": "x" * 300 + "@example.com", "productId": "demo"},
        {"email": "a@example.com", "productId": "no-such-product"},
        {"email": "a@example.com", "productId": "demo' or 1=1"},
        {"email": "a@example.com", "productId": "demo", "quantity": 0},
        {"email": "a@example.com", "productId": "demo", "quantity": 11},
        {"email": "a@example.com", "productId": "demo", "quantity": 1.5},
        {"email": "a@example.com", "productId": "demo", "quantity": 10**30},
        {"email": "a@example.com", "productId": "demo", "quantity": True},
        {"email": "a@example.com", "productId": "demo", "quantity": "1"},
        {"email": "josé@example.com", "productId": "demo"},
        {"email": "a@" + "ü" * 64 + ".example", "productId": "demo"},
        {"email": None, "productId": "demo"},
        [],
        "text",
    ],
)
async def test_a_bad_order_is_a_problem(ingress: Ingress, http: httpx.AsyncClient, body: Any) -> None:
    answer = await http.post(f"{ingress.url}/orders", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 422


async def test_a_key_is_answered_again_whatever_became_of_the_catalogue(
    ingress: Ingress, http: httpx.AsyncClient, sql: Sql
) -> None:
    key = f"key-{uuid4()}"
    placed = await place(http, ingress, productId="demo", quantity=2, idempotencyKey=key)
    was = await sql.fetchrow("select active, quantity_max, price from products where id = 'demo'")
    try:
        await sql.execute("update products set active = false, quantity_max = 1, price = 99 where id = 'demo'")
        assert await place(http, ingress, productId="demo", quantity=2, idempotencyKey=key) == placed
        wish = {"email": "a@example.com", "productId": "demo", "quantity": 2}
        assert (await http.post(f"{ingress.url}/orders", json=wish)).status_code == 422
    finally:
        await sql.execute("update products set active = $1, quantity_max = $2, price = $3 where id = 'demo'", *was)


@pytest.mark.parametrize("where", ["header", "body"])
async def test_an_idempotency_key_makes_one_order(
    ingress: Ingress, http: httpx.AsyncClient, sql: Sql, where: str
) -> None:
    key = f"key-{uuid4()}"
    wish = {"email": "Some.One@example.com", "productId": "demo", "quantity": 2}
    headers = {"Idempotency-Key": key} if where == "header" else {}
    body = wish if where == "header" else wish | {"idempotencyKey": key}
    answers = await asyncio.gather(*(http.post(f"{ingress.url}/orders", json=body, headers=headers) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await sql.fetchval("select count(*) from orders where idempotency_key = $1", key) == 1
    other = await http.post(f"{ingress.url}/orders", json=body | {"quantity": 1}, headers=headers)
    assert other.status_code == 422
    assert "idempotency key" in other.json()["detail"]


async def test_a_repeat_sees_the_price_of_the_first_time(ingress: Ingress, http: httpx.AsyncClient, sql: Sql) -> None:
    key = f"key-{uuid4()}"
    first = await place(http, ingress, idempotencyKey=key, productId="gift-card-20")
    await sql.execute("update products set price = price + 1 where id = 'gift-card-20'")
    assert await place(http, ingress, idempotencyKey=key, productId="gift-card-20") == first


async def test_an_order_is_shown_to_whoever_has_its_token(ingress: Ingress, http: httpx.AsyncClient) -> None:
    placed = await place(http, ingress, email="someone@example.com")
    url, token = f"{ingress.url}/orders/{placed['orderId']}", placed["orderSessionToken"]
    shown = (await http.get(url, headers={"x-order-session-token": token})).json()
    assert shown["orderId"] == shown["id"] == placed["orderId"]
    assert (shown["status"], shown["email"], shown["amount"]) == ("created", "s…e@example.com", 9.99)
    assert [entry["event"] for entry in shown["timeline"]] == ["order.created"]
    assert shown["payments"] == []


async def test_an_unknown_order_and_a_wrong_token_look_alike(ingress: Ingress, http: httpx.AsyncClient) -> None:
    placed, other = await place(http, ingress), await place(http, ingress)
    wrong = [
        (placed["orderId"], other["orderSessionToken"]),
        (placed["orderId"], "x"),
        (str(uuid4()), placed["orderSessionToken"]),
    ]
    answers = [
        await http.get(f"{ingress.url}/orders/{order}", headers={"x-order-session-token": token})
        for order, token in wrong
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert (await http.get(f"{ingress.url}/orders/{placed['orderId']}")).status_code == 401


async def test_only_public_entries_are_shown(ingress: Ingress, http: httpx.AsyncClient, sql: Sql) -> None:
    placed = await place(http, ingress)
    await sql.execute(
        "insert into order_events (order_id, service, event, public, detail) values ($1, 'fulfillment', $2, $3, $4)",
        UUID(placed["orderId"]), "reservation.secret", False, json.dumps({"price": 1}),
    )  # fmt: skip
    headers = {"x-order-session-token": placed["orderSessionToken"]}
    shown = await http.get(f"{ingress.url}/orders/{placed['orderId']}", headers=headers)
    assert "reservation.secret" not in shown.text
    assert "price" not in str(shown.json()["timeline"])


async def test_a_payment(ingress: Ingress, http: httpx.AsyncClient, sql: Sql, provider: FakeNowPayments) -> None:
    placed = await place(http, ingress)
    body = {"orderId": placed["orderId"], "email": "x", "priceAmount": 0.01, "priceCurrency": "usd"}
    answer = await http.post(f"{ingress.url}/payments/create", json=body)
    assert answer.status_code == 201, answer.text
    payment = answer.json()
    assert payment["payAddress"].startswith("3EZ")
    assert (payment["payAmount"], payment["payCurrency"]) == (0.00016514, "btc")
    assert (payment["priceAmount"], payment["priceCurrency"], payment["status"]) == (9.99, "EUR", "waiting")
    assert payment["expiresAt"].startswith("2099-01-08T12:00:00")
    assert payment["qrCodeData"] == f"bitcoin:{payment['payAddress']}?amount=0.00016514"
    (_, asked, headers) = next(call for call in provider.asked if call[0] == "POST /payment")
    assert headers["x-api-key"] == "key"
    assert (asked["price_amount"], asked["price_currency"], asked["pay_currency"]) == (9.99, "eur", "btc")
    assert asked["order_id"] == placed["orderId"]
    assert asked["ipn_callback_url"] == "https://ingress.example/payments/ipn"
    assert asked["order_description"].isascii()
    assert await sql.fetchval("select status from orders where id = $1", UUID(placed["orderId"])) == "created"
    headers = {"x-order-session-token": placed["orderSessionToken"]}
    shown = (await http.get(f"{ingress.url}/orders/{placed['orderId']}", headers=headers)).json()
    assert (shown["status"], shown["payments"][0]["paymentId"]) == ("waiting", payment["paymentId"])
    assert [entry["event"] for entry in shown["timeline"]] == ["order.created", "payment.created"]

    async def published() -> bool:
        left: int = await sql.fetchval("select count(*) from outbox")
        return left == 0

    await eventually(published, "an empty outbox")


async def test_a_double_click_makes_one_address(
    ingress: Ingress, start_ingress: Start, http: httpx.AsyncClient, sql: Sql, provider: FakeNowPayments
) -> None:
    other = await start_ingress(NOWPAYMENTS_BASE=provider.url, NOWPAYMENTS_PAYMENTS_PER_S_MAX="1000")
    placed = await place(http, ingress)
    provider.delay_s = 0.2
    body = {"orderId": placed["orderId"]}
    clicks = [http.post(f"{one.url}/payments/create", json=body) for one in (ingress, other) for _ in range(5)]
    answers = await asyncio.gather(*clicks)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert provider.count("POST /payment") <= 2  # one per process; the loser's address was never shown
    again = await http.post(f"{ingress.url}/payments/create", json=body)
    assert again.text == answers[0].text
    assert await sql.fetchval("select count(*) from payments where order_id = $1", UUID(placed["orderId"])) == 1


async def test_another_coin_and_an_expired_payment_are_new_payments(
    ingress: Ingress, http: httpx.AsyncClient, sql: Sql, provider: FakeNowPayments
) -> None:
    placed = await place(http, ingress)
    body = {"orderId": placed["orderId"]}
    first = (await http.post(f"{ingress.url}/payments/create", json=body)).json()
    coin = (await http.post(f"{ingress.url}/payments/create", json=body | {"payCurrency": " LTC"})).json()
    assert coin["payCurrency"] == "ltc"
    assert coin["paymentId"] != first["paymentId"]
    await sql.execute("update payments set expires_at = now() where payment_id = $1", first["paymentId"])
    third = (await http.post(f"{ingress.url}/payments/create", json=body)).json()
    assert third["paymentId"] not in (first["paymentId"], coin["paymentId"])


@pytest.mark.parametrize("status", ["paid", "fulfilled", "cancelled", "underpaid", "refund_due", "expired"])
async def test_only_an_unpaid_order_takes_a_payment(
    ingress: Ingress, http: httpx.AsyncClient, sql: Sql, provider: FakeNowPayments, status: str
) -> None:
    placed = await place(http, ingress)
    await sql.execute("update orders set status = $2 where id = $1", UUID(placed["orderId"]), status)
    answer = await http.post(f"{ingress.url}/payments/create", json={"orderId": placed["orderId"]})
    assert answer.status_code == 409
    assert provider.count("POST /payment") == 0


async def test_a_payment_for_no_order(ingress: Ingress, http: httpx.AsyncClient, provider: FakeNowPayments) -> None:
    for order_id, status in [(str(uuid4()), 404), ("7", 422)]:
        answer = await http.post(f"{ingress.url}/payments/create", json={"orderId": order_id})
        assert answer.status_code == status
    assert provider.asked == []


async def test_below_the_coins_minimum_both_amounts_are_told(
    ingress: Ingress, http: httpx.AsyncClient, provider: FakeNowPayments
) -> None:
    provider.answers["GET /min-amount"] = lambda _: as_json(200, {"min_amount": 0.0005, "fiat_equivalent": 30.5})
    placed = await place(http, ingress)
    body = {"orderId": placed["orderId"], "payCurrency": "eth"}
    answer = await http.post(f"{ingress.url}/payments/create", json=body)
    assert answer.status_code == 422
    told = answer.json()
    assert (told["amount"], told["minAmount"]) == (9.99, 30.5)
    assert (told["minPayAmount"], told["payCurrency"]) == (0.0005, "eth")
    assert provider.count("POST /payment") == 0


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (as_json(400, {"statusCode": 400, "code": "AMOUNT_MINIMAL_ERROR", "message": "x"}), 422),
        (as_json(400, {"statusCode": 400, "code": "CURRENCY_UNAVAILABLE", "message": "x"}), 422),
        (as_json(403, {"statusCode": 403, "code": "INVALID_API_KEY", "message": "Invalid api key"}), 503),
        (as_json(500, {}), 503),
        ((502, "text/html", b"<html>Bad gateway</html>"), 503),
        ((200, "text/html", b"<html>Maintenance</html>"), 503),
        (as_json(201, {"payment_status": "waiting"}), 503),
        ((0, "", b""), 503),
    ],
)
async def test_what_the_provider_says_is_mapped(
    ingress: Ingress, http: httpx.AsyncClient, sql: Sql, provider: FakeNowPayments, refusal: Any, status: int
) -> None:
    provider.answers["POST /payment"] = lambda _: refusal
    placed = await place(http, ingress)
    answer = await http.post(f"{ingress.url}/payments/create", json={"orderId": placed["orderId"]})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("retry-after" in answer.headers) == (status == 503)
    for inside in ("INVALID_API_KEY", "html", "key"):
        assert inside not in answer.text
    assert await sql.fetchval("select count(*) from payments where order_id = $1", UUID(placed["orderId"])) == 0
    provider.reset()
    assert (await http.post(f"{ingress.url}/payments/create", json={"orderId": placed["orderId"]})).status_code == 201


async def test_a_429_in_html_pauses_us(
    start_ingress: Start, http: httpx.AsyncClient, provider: FakeNowPayments
) -> None:
    ingress = await start_ingress(NOWPAYMENTS_BASE=provider.url)
    provider.answers["POST /payment"] = lambda _: too_many()
    placed = await place(http, ingress)
    answer = await http.post(f"{ingress.url}/payments/create", json={"orderId": placed["orderId"]})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert "html" not in answer.text


async def test_each_source_has_an_allowance(start_ingress: Start, http: httpx.AsyncClient) -> None:
    ingress = await start_ingress(
        UNLIMITED_SOURCES="", API_REQUESTS_PER_SOURCE_PER_MINUTE_MAX="3", TRUSTED_PROXIES="127.0.0.0/8"
    )

    async def ask(source: str) -> httpx.Response:
        return await http.get(f"{ingress.url}/orders/{uuid4()}", headers={"x-forwarded-for": source})

    statuses = [(await ask("198.51.100.7")).status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]
    limited = await ask("198.51.100.7")
    assert limited.headers["content-type"] == "application/problem+json"
    assert int(limited.headers["retry-after"]) >= 1
    assert (await ask("198.51.100.8")).status_code == 401


async def test_openapi_shows_every_answer_with_an_example(ingress: Ingress, http: httpx.AsyncClient) -> None:
    paths = (await http.get(f"{ingress.url}/openapi.json")).json()["paths"]
    assert {"/orders", "/orders/{order_id}", "/payments/create", "/payments/ipn", "/kinguin/webhook"} <= set(paths)
    for path, operations in paths.items():
        if path in ("/healthz", "/readyz"):
            continue
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                for kind in answer.get("content", {}).values():
                    text = json.dumps(kind)
                    assert "example" in text or "$ref" in text, (path, status)
            body = json.dumps(operation.get("requestBody", "example"))
            assert "example" in body or "$ref" in body, path
