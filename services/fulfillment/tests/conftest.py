"""A shop on a real database and the real sandbox, for either of Kinguin's adapters; Kafka is not needed here."""

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from bitloot_fulfillment.settings import ShopSettings
from bitloot_local.pytest_plugin import Database

from .harness import Harness, Sandbox, eventually, open_harness

SECRETS = {
    "NOWPAYMENTS_API_KEY": "nowpayments-key",
    "NOWPAYMENTS_IPN_SECRET": "ipn-secret",
    "KINGUIN_CLIENT_ID": "shop",
    "KINGUIN_CLIENT_SECRET": "client-secret",
    "KINGUIN_API_KEY": "esa-key",
    "KINGUIN_WEBHOOK_SECRET": "webhook-secret",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
async def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The providers' side in a process of its own; its webhooks go nowhere, the tests hand them over."""
    port = free_port()
    directory = tmp_path_factory.mktemp("sandbox")
    env = os.environ | SECRETS
    env |= {"HTTP_PORT": str(port), "SANDBOX_DATA_DIR": str(directory)}
    env |= {"KINGUIN_WEBHOOK_URL": "http://127.0.0.1:9/kinguin/webhook"}
    with Path(directory / "log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "bitloot_sandbox"], env=env, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        try:
            async with httpx.AsyncClient(trust_env=False) as http:

                async def ready() -> bool:
                    assert process.poll() is None, Path(directory / "log").read_text()
                    try:
                        return (await http.get(f"{url}/control/ledger")).is_success
                    except httpx.TransportError:
                        return False

                await eventually(ready, "the sandbox answers", 30)
            yield url
        finally:
            process.kill()
            process.wait()


@pytest.fixture
async def sandbox(sandbox_process: str) -> AsyncIterator[Sandbox]:
    """The sandbox as it is at first, without webhooks."""
    sandbox = Sandbox(sandbox_process)
    await sandbox.reset()
    yield sandbox
    await sandbox.close()


@pytest.fixture(params=["reservations", "esa"])
def api(request: pytest.FixtureRequest) -> str:
    """Every test of buying runs on both adapters."""
    chosen: str = request.param
    return chosen


@pytest.fixture
def shop_settings(sandbox: Sandbox, api: str, database: Database) -> ShopSettings:
    base = "/esa/api" if api == "esa" else "/kinguin"
    return ShopSettings(
        database_url=database.url_of("fulfillment"),
        kinguin_api=api,  # type: ignore[arg-type]
        kinguin_base_url=sandbox.url + base,
        kinguin_client_id=SECRETS["KINGUIN_CLIENT_ID"],
        kinguin_client_secret=SECRETS["KINGUIN_CLIENT_SECRET"],
        kinguin_api_key=SECRETS["KINGUIN_API_KEY"],
        kinguin_timeout_s=1.0,
        kinguin_reserve_timeout_s=1.0,
        kinguin_search_nones=2,
        kinguin_search_over_s=0.3,
        nowpayments_base=f"{sandbox.url}/nowpayments/v1",
        nowpayments_api_key=SECRETS["NOWPAYMENTS_API_KEY"],
        reconcile_interval_s=1.0,
    )


@pytest.fixture
async def harness(shop_settings: ShopSettings, sandbox: Sandbox, database: Database) -> AsyncIterator[Harness]:
    """One running shop: its use cases, its database as the owner sees it, the sandbox."""
    async with open_harness(shop_settings, sandbox, database) as harness:
        yield harness
