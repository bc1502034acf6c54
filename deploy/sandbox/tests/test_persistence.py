"""kill -9: what the sandbox sold, owes and was told must all still be there."""

import asyncio
from pathlib import Path

from bitloot_sandbox.testing import Buyer, Receiver, SandboxProcess, eventually


async def test_the_ledger_survives_kill_9(own: SandboxProcess, order_id: str) -> None:
    buyer = Buyer(own)
    reservation_id = await buyer.bought(order_id, quantity=2)
    codes = await buyer.all_codes(reservation_id)
    before = await own.ledger(order_id)
    await own.kill()
    await own.start()
    assert await own.ledger(order_id) == before
    assert await buyer.all_codes(reservation_id) == codes
    again = await buyer.reserve(order_id, key=order_id, quantity=2)
    assert again.json()["id"] == reservation_id


async def test_payments_survive_and_ids_go_on(own: SandboxProcess, shop: Receiver) -> None:
    body = {"price_amount": 9.99, "price_currency": "eur", "pay_currency": "ltc"}
    headers = {"x-api-key": "np-api-key"}
    first = (await own.call("POST", "/nowpayments/v1/payment", body, headers=headers)).json()
    await own.control(f"payments/{first['payment_id']}", {"status": "finished"})
    await own.kill()
    await own.start()
    asked = await own.call("GET", f"/nowpayments/v1/payment/{first['payment_id']}", headers=headers)
    assert asked.json()["payment_status"] == "finished"
    second = (await own.call("POST", "/nowpayments/v1/payment", body, headers=headers)).json()
    assert int(second["payment_id"]) > int(first["payment_id"])


async def test_a_delivery_and_its_webhook_go_on_after_kill_9(
    own: SandboxProcess, shop: Receiver, order_id: str
) -> None:
    await own.settings(completionDelayMs=2000)
    buyer = Buyer(own)
    reservation_id = await buyer.bought(order_id)
    await own.kill()
    assert not [r for r in shop.about(reservation_id) if r.json()["event"] == "delivered"]
    await own.start()
    assert len(await buyer.all_codes(reservation_id)) == 1
    assert await shop.gets(reservation_id, '"delivered"')


async def test_a_webhook_that_was_owed_is_sent_after_kill_9(own: SandboxProcess, shop: Receiver, order_id: str) -> None:
    await own.settings(kinguinRetryMs=600)
    shop.status = 503
    reservation_id = (await Buyer(own).reserve(order_id)).json()["id"]

    async def tried() -> bool:
        return any(webhook["attempts"] for webhook in await own.webhooks(reservation_id))

    await eventually(tried)
    await own.kill()
    shop.clear()
    await own.start()
    assert len(await shop.gets(reservation_id)) == 1


async def test_every_answered_purchase_is_in_the_ledger_after_kill_9(own: SandboxProcess) -> None:
    """Killed under load: what was answered is there, with its key and its codes."""
    await own.settings(completion="at_once")
    answered: dict[str, str] = {}
    buyer = Buyer(own)
    await buyer.log_in()

    async def shop_on(worker: int) -> None:
        for n in range(10_000):
            order_id = f"load-{worker}-{n}"
            answered[order_id] = await buyer.bought(order_id)

    buyers = [asyncio.create_task(shop_on(worker)) for worker in range(8)]

    async def busy() -> bool:
        return len(answered) >= 40

    await eventually(busy)
    await own.kill()
    await asyncio.gather(*buyers, return_exceptions=True)
    await own.start()
    ledger = (await own.call("GET", "/control/ledger")).json()["purchases"]
    kept = {entry["orderId"]: entry for entry in ledger}
    for order_id, reservation_id in answered.items():
        assert kept[order_id]["reservationId"] == reservation_id
        assert (kept[order_id]["status"], len(kept[order_id]["codes"])) == ("delivered", 1)


async def test_codes_are_nowhere_but_in_the_data_directory(own: SandboxProcess, tmp_path: Path, order_id: str) -> None:
    await own.settings(codePrefix="PLANTED-")
    buyer = Buyer(own)
    await buyer.all_codes(await buyer.bought(order_id))
    await own.call("GET", "/no/such/page")
    await own.kill()
    assert b"PLANTED-" not in own.log.read_bytes()
    assert {path.parent for path in files_with(b"PLANTED-", tmp_path)} == {tmp_path / "sandbox"}


def files_with(text: bytes, directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file() and text in path.read_bytes()]
