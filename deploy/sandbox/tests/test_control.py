"""The control surface itself."""

from bitloot_sandbox.testing import Buyer, SandboxProcess


async def test_unknown_ids_are_404_with_a_reason(sandbox: SandboxProcess) -> None:
    answer = await sandbox.call("POST", "/control/payments/17", {"status": "finished"})
    assert (answer.status, answer.json()) == (404, {"detail": "NOWPayments knows no payment '17'"})
    answer = await sandbox.call("POST", "/control/payments/none", {"status": "finished"})
    assert answer.status == 404
    answer = await sandbox.call("POST", "/control/purchases/rsv_none", {"status": "refunded"})
    assert (answer.status, "rsv_none" in answer.json()["detail"]) == (404, True)


async def test_what_does_not_fit_is_422(sandbox: SandboxProcess) -> None:
    for path, body in (
        ("payments/17", {"status": "paid"}),
        ("payments/17", {"status": "finished", "actualyPaid": 1}),
        ("faults", {"provider": "kinguin", "operation": "reserve", "mode": "explode"}),
        ("faults", {"provider": "kinguin", "operation": "mend", "mode": "error"}),
        ("faults", {"provider": "nowpayments", "operation": "*", "mode": "out_of_stock"}),
        ("faults", {"provider": "kinguin", "mode": "error", "rate": 2}),
        ("settings", {"latencyMs": -1}),
        ("settings", {"latency": 1}),
        ("settings", {"completion": "never"}),
    ):
        answer = await sandbox.call("POST", f"/control/{path}", body)
        assert (path, body, answer.status) == (path, body, 422)


async def test_a_refused_setting_changes_nothing(sandbox: SandboxProcess) -> None:
    before = (await sandbox.call("GET", "/control/settings")).json()
    await sandbox.control("settings", {"seed": 3, "latencyMs": "much"}, expect=422)
    assert (await sandbox.call("GET", "/control/settings")).json() == before


async def test_reset_mends_everything_but_forgets_no_purchase(sandbox: SandboxProcess, order_id: str) -> None:
    await Buyer(sandbox).bought(order_id)
    await sandbox.settings(latencyMs=5, externalIdUnique=True)
    await sandbox.fault("kinguin", "*", "error", rate=1)
    settings = await sandbox.control("reset", None)
    assert (settings["latencyMs"], settings["externalIdUnique"]) == (0, False)
    assert (await sandbox.call("GET", "/control/faults")).json() == {"faults": []}
    assert len(await sandbox.ledger(order_id)) == 1


async def test_faults_of_the_contract_are_taken(sandbox: SandboxProcess) -> None:
    modes = "error timeout slow accept_then_timeout drop_webhook duplicate_webhook late_webhook"
    for provider in ("kinguin", "nowpayments"):
        for mode in [*modes.split(), "reorder_webhooks"]:
            await sandbox.fault(provider, "*", mode, rate=0.1, delayMs=1)
    for mode in ("cancel", "out_of_stock"):
        await sandbox.fault("kinguin", "reserve", mode, count=3)
    await sandbox.fault("kinguin", "give", "slow", count=1, delayMs=1)
    assert len((await sandbox.call("GET", "/control/faults")).json()["faults"]) == 19


async def test_purchases_are_listed_without_codes(sandbox: SandboxProcess, order_id: str) -> None:
    await sandbox.settings(completion="at_once")
    await Buyer(sandbox).bought(order_id)
    newest = (await sandbox.call("GET", "/control/purchases?limit=1")).json()["purchases"][0]
    assert (newest["orderId"], "codes" in newest) == (order_id, False)


async def test_the_page_the_probes_and_the_documentation_are_there(sandbox: SandboxProcess) -> None:
    assert b"Sandbox providers" in (await sandbox.call("GET", "/")).body
    assert (await sandbox.call("GET", "/healthz")).status == 200
    assert (await sandbox.call("GET", "/readyz")).status == 200
    paths = (await sandbox.call("GET", "/openapi.json")).json()["paths"]
    assert {
        "/control/faults",
        "/nowpayments/v1/payment",
        "/kinguin/reservations",
        "/esa/api/v2/order",
    } <= set(paths)
    assert all(operation["summary"] for path in paths.values() for operation in path.values())
