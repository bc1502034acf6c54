"""Kinguin's reservations API: the design's contract."""

import base64

from bitloot_sandbox.testing import Buyer, Receiver, SandboxProcess, eventually


async def test_a_token_is_sold_as_living_an_hour(sandbox: SandboxProcess) -> None:
    token = await Buyer(sandbox).log_in()
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("bearer", 3600, None)
    wrong = await sandbox.post_form(
        "/kinguin/auth/token", "grant_type=client_credentials&client_id=client-id&client_secret=no"
    )
    assert wrong.status == 401


async def test_a_token_may_end_early(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(tokenTtlS=0.2)
    buyer = Buyer(sandbox)
    assert (await buyer.call("GET", f"/reservations?externalId={order_id}")).status == 200

    async def refused() -> bool:
        return (await buyer.call("GET", f"/reservations?externalId={order_id}")).status == 401

    await eventually(refused)


async def test_the_main_way(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    buyer = Buyer(sandbox)
    answer = await buyer.reserve(order_id, key=order_id, quantity=2)
    assert answer.status == 201
    reservation = answer.json()
    assert reservation["status"] == "reserved"
    assert (reservation["quantity"], reservation["price"], reservation["externalId"]) == (2, 7.0, order_id)
    assert (await buyer.delivered(reservation["id"])).json()["retryable"] is True
    assert (await buyer.give(reservation["id"])).json() == {"id": reservation["id"], "status": "given"}
    codes = await buyer.all_codes(reservation["id"])
    assert len({code["code"] for code in codes}) == 2
    assert {code["type"] for code in codes} == {"text/plain"}
    assert "Ключ" in codes[0]["name"]
    webhooks = await shop.gets(reservation["id"], count=3)
    assert {webhook.json()["event"] for webhook in webhooks} == {"reserve", "give", "delivered"}
    assert all(webhook.headers["x-auth-token"] == "webhook-secret" for webhook in webhooks)
    assert not any(code["code"].encode() in webhook.body for code in codes for webhook in webhooks)


async def test_the_ledger_has_what_was_sold_and_every_call(sandbox: SandboxProcess, order_id: str) -> None:
    buyer = Buyer(sandbox)
    reservation_id = await buyer.bought(order_id)
    codes = await buyer.all_codes(reservation_id)
    await buyer.give(reservation_id)
    await buyer.call("GET", f"/reservations?externalId={order_id}")
    [entry] = await sandbox.ledger(order_id)
    assert (entry["orderId"], entry["idempotencyKey"], entry["reservationId"]) == (
        order_id,
        order_id,
        reservation_id,
    )
    assert (entry["status"], entry["bought"]) == ("delivered", True)
    assert [code["code"] for code in entry["codes"]] == [code["code"] for code in codes]
    assert {name: entry["calls"][name] for name in ("reserve", "give", "lookup")} == {
        "reserve": 1,
        "give": 2,
        "lookup": 1,
    }


async def test_the_same_key_and_body_buy_once(sandbox: SandboxProcess, order_id: str) -> None:
    buyer = Buyer(sandbox)
    first = await buyer.reserve(order_id, key=order_id)
    again = await buyer.reserve(order_id, key=order_id)
    assert (again.status, again.json()["id"]) == (201, first.json()["id"])
    assert (await sandbox.ledger(order_id))[0]["calls"] == {"reserve": 2}


async def test_the_same_key_with_another_body_is_refused(sandbox: SandboxProcess, order_id: str) -> None:
    buyer = Buyer(sandbox)
    await buyer.reserve(order_id, key=order_id)
    answer = await buyer.reserve(order_id, key=order_id, quantity=3)
    assert (answer.status, answer.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")


async def test_without_a_key_it_buys_twice(sandbox: SandboxProcess, order_id: str) -> None:
    buyer = Buyer(sandbox)
    await buyer.reserve(order_id)
    await buyer.reserve(order_id)
    found = (await buyer.call("GET", f"/reservations?externalId={order_id}")).json()["results"]
    assert len(found) == 2 == len(await sandbox.ledger(order_id))


async def test_unique_external_ids_are_refused_unless_cancelled(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(externalIdUnique=True)
    buyer = Buyer(sandbox)
    first = (await buyer.reserve(order_id, key="a" + order_id)).json()["id"]
    refused = await buyer.reserve(order_id, key="b" + order_id)
    assert (refused.status, refused.json()["code"]) == (409, "EXTERNAL_ID_USED")
    await buyer.call("POST", f"/reservations/{first}/cancel")
    assert (await buyer.reserve(order_id, key="b" + order_id)).status == 201


async def test_a_cancelled_reservation_cannot_be_given(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    buyer = Buyer(sandbox)
    reservation_id = (await buyer.reserve(order_id)).json()["id"]
    assert (await buyer.call("POST", f"/reservations/{reservation_id}/cancel")).json()["status"] == "cancelled"
    answer = await buyer.give(reservation_id)
    assert (answer.status, answer.json()["retryable"]) == (409, False)
    assert {w.json()["event"] for w in await shop.gets(reservation_id, count=2)} == {"reserve", "cancel"}


async def test_a_reservation_expires(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(reservationTtlS=0.05)
    buyer = Buyer(sandbox)
    reservation_id = (await buyer.reserve(order_id)).json()["id"]

    async def expired() -> bool:
        answer = await buyer.call("GET", f"/reservations/{reservation_id}")
        return "expired" in answer.json().values()

    await eventually(expired)
    assert (await buyer.give(reservation_id)).status == 409


async def test_another_offer_can_be_had_when_one_is_out(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(outOfStockOffers=["kinguin-demo-offer-1"])
    buyer = Buyer(sandbox)
    offers = (await buyer.call("GET", "/products/kinguin-demo/offers")).json()["results"]
    assert [(offer["price"], offer["qty"]) for offer in offers] == [(7.0, 0), (7.35, 999), (9.1, 999)]
    refused = await buyer.reserve(order_id, offerId="kinguin-demo-offer-1")
    assert (refused.status, refused.json()["code"]) == (422, "OUT_OF_STOCK")
    other = await buyer.reserve(order_id, offerId="kinguin-demo-offer-2")
    assert (other.status, other.json()["price"]) == (201, 7.35)


async def test_a_price_ceiling_is_kept(sandbox: SandboxProcess, order_id: str) -> None:
    assert (await Buyer(sandbox).reserve(order_id, price=6.99)).status == 422


async def test_at_once_means_in_the_answer_of_give(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(completion="at_once")
    buyer = Buyer(sandbox)
    reservation_id = await buyer.bought(order_id)
    assert (await buyer.delivered(reservation_id)).json()["complete"] is True


async def test_not_ready_is_404_and_retryable(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(completionDelayMs=60_000)
    buyer = Buyer(sandbox)
    answer = await buyer.delivered(await buyer.bought(order_id))
    assert (answer.status, answer.json()["retryable"]) == (404, True)


async def test_codes_come_one_by_one(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    await sandbox.settings(keysPerStep=1, keyIntervalMs=50)
    buyer = Buyer(sandbox)
    reservation_id = await buyer.bought(order_id, quantity=3)
    assert len(await buyer.all_codes(reservation_id)) == 3
    webhooks = await shop.gets(reservation_id, '"delivered"', count=3)
    assert len({webhook.json()["updatedAt"] for webhook in webhooks}) == 3


async def test_a_partial_delivery_stands_until_told(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(completion="at_once", partialDelivery=2, keyIntervalMs=0)
    buyer = Buyer(sandbox)
    reservation_id = await buyer.bought(order_id, quantity=3)
    answer = (await buyer.delivered(reservation_id)).json()
    assert (len(answer["codes"]), answer["complete"]) == (2, False)
    assert (await sandbox.ledger(order_id))[0]["status"] == "given"
    await sandbox.settings(partialDelivery=None)
    assert len(await buyer.all_codes(reservation_id)) == 3


async def test_codes_that_were_handed_over_stay_sold(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(completion="at_once", partialDelivery=2, keyIntervalMs=0)
    buyer = Buyer(sandbox)
    reservation_id = await buyer.bought(order_id, quantity=3)
    await sandbox.control(f"purchases/{reservation_id}", {"status": "cancelled"})
    (sold,) = await sandbox.ledger(order_id)
    assert (sold["status"], sold["bought"]) == ("cancelled", True)
    answer = (await buyer.delivered(reservation_id)).json()
    assert (len(answer["codes"]), answer["complete"]) == (2, False)


async def test_planted_codes_are_sold_first(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(completion="at_once", codes=["FIXED-1"], codePrefix="PLANTED-")
    buyer = Buyer(sandbox)
    codes = (await buyer.delivered(await buyer.bought(order_id, quantity=2))).json()["codes"]
    assert codes[0]["code"] == "FIXED-1"
    assert codes[1]["code"].startswith("PLANTED-")


async def test_a_code_may_be_a_picture(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(completion="at_once", codeType="image", codes=["AB12-CD34"])
    buyer = Buyer(sandbox)
    [code] = (await buyer.delivered(await buyer.bought(order_id))).json()["codes"]
    assert code["type"] == "image/png"
    assert base64.b64decode(code["code"]).startswith(b"\x89PNG")
    assert (await sandbox.ledger(order_id))[0]["codes"][0]["text"] == "AB12-CD34"


async def test_the_sellers_spelling(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    await sandbox.settings(webhookSpelling="status")
    reservation_id = await Buyer(sandbox).bought(order_id)
    webhooks = await shop.gets(reservation_id, count=3)
    assert {webhook.json()["status"] for webhook in webhooks} == {"BUYING", "BOUGHT", "DELIVERED"}
    assert all("event" not in webhook.json() for webhook in webhooks)


async def test_a_person_may_reverse_a_purchase(sandbox: SandboxProcess, shop: Receiver, order_id: str) -> None:
    reservation_id = await Buyer(sandbox).bought(order_id)
    await shop.gets(reservation_id, '"delivered"')
    await sandbox.control(f"purchases/{reservation_id}", {"status": "reversed"})
    assert await shop.gets(reservation_id, '"status":"REVERSED"')


async def test_a_bad_order_is_refused_in_kinguins_shape(sandbox: SandboxProcess, order_id: str) -> None:
    answer = await Buyer(sandbox).reserve(order_id, quantity=0)
    assert (answer.status, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert (await Buyer(sandbox).give("rsv_none")).json()["code"] == "RESERVATION_NOT_FOUND"
