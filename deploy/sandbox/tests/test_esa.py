"""Kinguin's ESA API: shapes, keys, and the ways in which it is awkward."""

from typing import Any

from bitloot_sandbox.testing import Answer, Receiver, SandboxProcess, eventually


class Esa:
    def __init__(self, sandbox: SandboxProcess) -> None:
        self._sandbox = sandbox

    async def call(self, method: str, path: str, body: Any = None) -> Answer:
        return await self._sandbox.call(method, f"/esa/api{path}", body, headers={"X-Api-Key": "esa-api-key"})

    async def order(self, order_id: str, qty: int = 1, **product: Any) -> Answer:
        line = {"productId": "kinguin-demo", "qty": qty, "price": 8.0} | product
        return await self.call("POST", "/v2/order", {"products": [line], "orderExternalId": order_id})

    async def search(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.call("GET", f"/v1/order?orderExternalId={order_id}")).json()
        return found

    async def keys(self, esa_id: str, **query: int) -> list[dict[str, Any]]:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        keys: list[dict[str, Any]] = (await self.call("GET", f"/v2/order/{esa_id}/keys?{asked}")).json()
        return keys

    async def completed(self, order_id: str, qty: int = 1) -> str:
        order = (await self.order(order_id, qty)).json()

        async def done() -> bool:
            answer = await self.call("GET", f"/v1/order/{order['orderId']}")
            return bool(answer.json()["status"] == "completed")

        await eventually(done)
        esa_id: str = order["orderId"]
        return esa_id


async def test_an_order_buys_in_one_step(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    esa = Esa(sandbox)
    answer = await esa.order(order_id, 2)
    order = answer.json()
    assert answer.status == 201
    assert (order["status"], order["orderExternalId"], order["totalQty"]) == ("processing", order_id, 2)
    assert (order["totalPrice"], order["requestTotalPrice"]) == (14.0, 16.0)
    [line] = order["products"]
    assert [key["status"] for key in line["keys"]] == ["PROCESSING", "PROCESSING"]
    assert isinstance(line["kinguinId"], int)
    [webhook] = await shop.gets(order["orderId"])
    assert webhook.headers["x-event-name"] == "order.status"
    assert webhook.headers["x-event-secret"] == "webhook-secret"
    assert set(webhook.json()) == {"orderId", "orderExternalId", "status", "updatedAt"}
    assert webhook.json()["status"] == "completed"
    keys = await esa.keys(order["orderId"])
    assert {key["type"] for key in keys} == {"text/plain"}
    [entry] = await sandbox.ledger(order_id)
    assert [code["code"] for code in entry["codes"]] == [key["serial"] for key in keys]
    assert (entry["idempotencyKey"], entry["status"], entry["calls"]) == (
        order_id,
        "delivered",
        {"reserve": 1, "delivered": 1},
    )


async def test_at_once_is_completed_in_the_answer(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(completion="at_once")
    assert (await Esa(sandbox).order(order_id)).json()["status"] == "completed"


async def test_keys_come_in_pages(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(completion="at_once")
    esa = Esa(sandbox)
    esa_id = (await esa.order(order_id, 9)).json()["orderId"]
    pages = [await esa.keys(esa_id, page=page, limit=4) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [4, 4, 1, 0]
    assert len({key["id"] for page in pages for key in page}) == 9


async def test_keys_come_one_by_one_while_processing(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(completion="at_once", keysPerStep=1, keyIntervalMs=60_000)
    esa = Esa(sandbox)
    order = (await esa.order(order_id, 3)).json()
    assert order["status"] == "processing"
    assert [key["status"] for key in order["products"][0]["keys"]] == [
        "DELIVERED",
        "PROCESSING",
        "PROCESSING",
    ]
    assert len(await esa.keys(order["orderId"])) == 1


async def test_the_search_sees_an_order_late(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(searchLagMs=300)
    esa = Esa(sandbox)
    await esa.order(order_id)
    assert await esa.search(order_id) == {"results": [], "item_count": 0}

    async def seen() -> bool:
        return bool((await esa.search(order_id))["item_count"])

    await eventually(seen)


async def test_external_ids_may_repeat_or_not(sandbox: SandboxProcess, order_id: str) -> None:
    esa = Esa(sandbox)
    await esa.order(order_id)
    assert (await esa.order(order_id)).status == 201
    await sandbox.settings(externalIdUnique=True)
    refused = await esa.order(order_id)
    assert refused.status == 400
    error = refused.json()
    assert (error["kind"], error["propertyPath"]) == ("ConstraintViolation", "orderExternalId")
    assert (error["path"], error["method"]) == ("/api/v2/order", "POST")
    assert len(await sandbox.ledger(order_id)) == 2


async def test_refusals_are_of_the_kinds_there_are(sandbox: SandboxProcess, order_id: str) -> None:
    esa = Esa(sandbox)
    too_cheap = await esa.order(order_id, price=1.0)
    assert (too_cheap.status, too_cheap.json()["kind"]) == (400, "ProductUnavailable")
    too_many = await esa.order(order_id, 10)
    assert (too_many.status, too_many.json()["propertyPath"]) == (400, "products[0].qty")
    assert (await esa.order(order_id, 10, offerId="kinguin-demo-offer-1")).status == 201
    await sandbox.settings(balance=5)
    assert (await esa.order(order_id)).json()["kind"] == "InsufficientBalance"
    assert (await esa.call("GET", "/v1/balance")).json() == {"balance": 5.0}
    assert (await esa.call("GET", "/v1/order/PHNONE")).json()["kind"] == "OrderNotFound"
    malformed = await esa.call("POST", "/v2/order", {"products": []})
    assert (malformed.status, malformed.json()["kind"]) == (400, "ConstraintViolation")


async def test_a_wrong_key_is_401_with_a_type(sandbox: SandboxProcess) -> None:
    answer = await sandbox.call("GET", "/esa/api/v1/balance", headers={"X-Api-Key": "other"})
    assert answer.status == 401
    assert answer.json()["kind"] == "Authorization"
    assert "type" in answer.json()
    assert "title" not in answer.json()


async def test_an_order_takes_its_price_from_the_balance(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(balance=100)
    esa = Esa(sandbox)
    await esa.order(order_id, 2)
    assert (await esa.call("GET", "/v1/balance")).json() == {"balance": 86.0}


async def test_keys_are_returned_once(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    esa = Esa(sandbox)
    esa_id = await esa.completed(order_id)
    returned = await esa.call("POST", f"/v2/order/{esa_id}/keys/return")
    assert [key["status"] for key in returned.json()] == ["RETURNED"]
    assert (await esa.call("GET", f"/v1/order/{esa_id}")).json()["status"] == "refunded"
    again = await esa.call("POST", f"/v2/order/{esa_id}/keys/return")
    assert (again.status, again.json()["kind"]) == (400, "NoKeysToReturn")
    assert {w.json()["status"] for w in await shop.gets(esa_id, count=2)} == {"completed", "refunded"}


async def test_a_picture_unless_text_is_asked_for(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(completion="at_once", codeType="image")
    esa = Esa(sandbox)
    picture = (await esa.order(order_id)).json()["orderId"]
    text = (await esa.order(order_id, keyType="text")).json()["orderId"]
    assert (await esa.keys(picture))[0]["type"] == "image/png"
    assert (await esa.keys(text))[0]["type"] == "text/plain"


async def test_a_product_shows_its_offers(sandbox: SandboxProcess) -> None:
    product = (await Esa(sandbox).call("GET", "/v2/products/kinguin-demo")).json()
    assert [offer["price"] for offer in product["offers"]] == [7.0, 7.35, 9.1]
    assert product["cheapestOfferId"] == ["kinguin-demo-offer-1"]


async def test_the_catalogues_noise(sandbox: SandboxProcess, shop: Receiver) -> None:
    await sandbox.control("webhooks", {"event": "product.update", "count": 20})
    webhooks = await shop.gets("cheapestOfferId", count=20)
    assert {webhook.headers["x-event-name"] for webhook in webhooks} == {"product.update"}


async def test_the_reservations_api_knows_nothing_of_esas_orders(sandbox: SandboxProcess, order_id: str) -> None:
    esa = Esa(sandbox)
    assert (await esa.call("GET", f"/v1/order/{await esa.completed(order_id)}")).status == 200
    assert (await esa.search("other-" + order_id))["item_count"] == 0
