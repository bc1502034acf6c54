"""Both adapters against the real sandbox in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

import httpx
import pytest
from bitloot_kinguin import Kinguin, KinguinSettings, open_kinguin

Api = Literal["reservations", "esa"]

SECRETS = {
    "NOWPAYMENTS_API_KEY": "unused",
    "NOWPAYMENTS_IPN_SECRET": "unused",
    "KINGUIN_CLIENT_ID": "shop",
    "KINGUIN_CLIENT_SECRET": "client-secret",
    "KINGUIN_API_KEY": "esa-key",
    "KINGUIN_WEBHOOK_SECRET": "unused",
}
DEFAULTS: dict[str, Any] = {
    "sendWebhooks": False, "completion": "at_once", "completionDelayMs": 0, "externalIdUnique": False, "latencyMs": 0,
    "searchLagMs": 0, "partialDelivery": None, "codeType": "text", "tokenTtlS": 3600, "price": 7.0, "balance": 10_000,
    "outOfStockOffers": [],
}  # fmt: skip


@pytest.fixture(scope="session")
def kinguin_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    directory = tmp_path_factory.mktemp("kinguin-sandbox")
    env = os.environ | SECRETS | {
        "HTTP_PORT": str(port), "SANDBOX_DATA_DIR": str(directory), "KINGUIN_WEBHOOK_URL": "http://127.0.0.1:9/",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "bitloot_sandbox"], env=env)
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 60
    while True:
        assert process.poll() is None, "the sandbox ended"
        assert time.monotonic() < until, "the sandbox does not answer"
        try:
            if httpx.get(f"{url}/control/ledger", trust_env=False).is_success:
                break
        except httpx.TransportError:
            time.sleep(0.05)
    yield url
    process.kill()
    process.wait()


class Control:
    """The sandbox's buttons."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=10)

    async def close(self) -> None:
        await self._http.aclose()

    async def set(self, **settings: Any) -> None:
        (await self._http.post("/control/settings", json=settings)).raise_for_status()

    async def fault(self, operation: str, mode: str, **more: Any) -> None:
        body = {"provider": "kinguin", "operation": operation, "mode": mode, **more}
        (await self._http.post("/control/faults", json=body)).raise_for_status()

    async def no_faults(self) -> None:
        await self._http.delete("/control/faults")

    async def ledger(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self._http.get("/control/ledger")).json()["purchases"]
        return found

    async def move(self, reservation_id: str, status: str) -> None:
        body = {"status": status, "silent": True}
        (await self._http.post(f"/control/purchases/{reservation_id}", json=body)).raise_for_status()


@pytest.fixture
async def control(kinguin_sandbox: str) -> AsyncIterator[Control]:
    control = Control(kinguin_sandbox)
    await control.no_faults()
    await control.set(**DEFAULTS)
    yield control
    await control.no_faults()
    await control.close()


@pytest.fixture(params=["reservations", "esa"])
def api(request: pytest.FixtureRequest) -> Api:
    chosen: Api = request.param
    return chosen


@pytest.fixture
def kinguin_settings(control: Control, api: Api) -> KinguinSettings:
    return KinguinSettings(
        kinguin_api=api,
        kinguin_base_url=control.url + ("/esa/api" if api == "esa" else "/kinguin"),
        kinguin_client_id="shop",
        kinguin_client_secret="client-secret",
        kinguin_api_key="esa-key",
        kinguin_timeout_s=0.5,
        kinguin_reserve_timeout_s=0.5,
        kinguin_search_over_s=1,
    )


@pytest.fixture
async def kinguin(kinguin_settings: KinguinSettings) -> AsyncIterator[Kinguin]:
    kinguin = open_kinguin(kinguin_settings)
    yield kinguin
    await kinguin.close()
