"""Kinguin away in a quiet shop: one request for keys, too few failures to open any breaker, and yet not buried."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bitloot_common.retry.breaker import State
from bitloot_delivery.settings import DeliverySettings
from bitloot_kinguin import Kinguin, open_kinguin
from bitloot_sandbox.testing import SECRETS, SandboxProcess
from delivery_ladder import Line, apply_topics, at_work
from delivery_shop import open_shop
from eventually import eventually


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[SandboxProcess]:
    sandbox = SandboxProcess(tmp_path / "sandbox", "http://127.0.0.1:9/")
    await sandbox.start()
    await sandbox.settings(sendWebhooks=False, completion="at_once", completionDelayMs=0, latencyMs=0)
    yield sandbox
    await sandbox.stop()


@pytest.fixture(params=["reservations", "esa"])
async def kinguin(
    request: pytest.FixtureRequest, delivery_settings: DeliverySettings, sandbox: SandboxProcess
) -> AsyncIterator[Kinguin]:
    path = "/esa/api" if request.param == "esa" else "/kinguin"
    changed = {
        "kinguin_api": request.param,
        "kinguin_base_url": f"http://127.0.0.1:{sandbox.port}{path}",
        "kinguin_api_key": SECRETS["KINGUIN_API_KEY"],
        "kinguin_client_id": SECRETS["KINGUIN_CLIENT_ID"],
        "kinguin_client_secret": SECRETS["KINGUIN_CLIENT_SECRET"],
        "kinguin_timeout_s": 1.0,
    }
    kinguin = open_kinguin(delivery_settings.model_copy(update=changed))
    yield kinguin
    await kinguin.close()


@pytest.fixture
async def line(
    database: Any, delivery_settings: DeliverySettings, kafka_server: Any, kinguin: Kinguin
) -> AsyncIterator[Line]:
    apply_topics(kafka_server.bootstrap_servers)
    async with AsyncExitStack() as stack:
        shop = await open_shop(stack, delivery_settings, database.url, kinguin)
        yield await stack.enter_async_context(at_work(shop, kafka_server.bootstrap_servers))


async def test_a_request_alone_in_an_outage_waits_for_its_end(
    line: Line, kinguin: Kinguin, sandbox: SandboxProcess
) -> None:
    order_id = await line.shop.order()
    bought = await kinguin.reserve(str(order_id), "kinguin-demo", None, 1, Decimal(20))
    await kinguin.give(bought.id)
    await sandbox.fault("kinguin", "*", "error", status=503, rate=1)
    await line.request(order_id, reservation_id=bought.id, last=True)
    await eventually(lambda: kinguin.breaker.state is not State.CLOSED, "its last attempt asks the probe", 30)
    await asyncio.sleep(0.2)
    assert await line.dead_letters() == []
    await sandbox.call("DELETE", "/control/faults")
    await eventually(lambda: line.is_sealed(order_id), "it is stored when Kinguin is back", 60)
    assert await line.dead_letters() == []
