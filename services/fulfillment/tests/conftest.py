"""A shop on a real database and the real sandbox, for either of Kinguin's adapters."""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
from bitloot_fulfillment.settings import ShopSettings
from bitloot_local.pytest_plugin import Database

from .harness import Harness, Sandbox, open_harness
from .processes import SECRETS, running_sandbox

Api = Literal["reservations", "esa"]


@dataclass(frozen=True)
class GivenDatabase:
    """A database of another session's (`test_mutations.py`): both its URLs, the owner's first."""

    url: str
    of_fulfillment: str

    def url_of(self, _: str) -> str:
        return self.of_fulfillment


if "FULFILLMENT_TEST_DATABASE" in os.environ:

    @pytest.fixture(scope="session")
    def database() -> GivenDatabase:
        return GivenDatabase(*os.environ["FULFILLMENT_TEST_DATABASE"].split())


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The providers' side in a process of its own; its webhooks go nowhere, the tests hand them over."""
    if given := os.environ.get("FULFILLMENT_TEST_SANDBOX"):
        yield given
        return
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as url:
        yield url


@pytest.fixture
async def sandbox(sandbox_url: str) -> AsyncIterator[Sandbox]:
    """The sandbox as it is at first, without webhooks."""
    sandbox = Sandbox(sandbox_url)
    await sandbox.reset()
    yield sandbox
    await sandbox.close()


@pytest.fixture(params=["reservations", "esa"])
def api(request: pytest.FixtureRequest) -> Api:
    """Every test of buying runs on both adapters."""
    chosen: Api = request.param
    return chosen


@pytest.fixture
def shop_settings(sandbox: Sandbox, api: Api, database: Database) -> ShopSettings:
    base = "/esa/api" if api == "esa" else "/kinguin"
    return ShopSettings(
        database_url=database.url_of("fulfillment"),
        kinguin_api=api,
        kinguin_base_url=sandbox.url + base,
        kinguin_client_id=SECRETS["KINGUIN_CLIENT_ID"],
        kinguin_client_secret=SECRETS["KINGUIN_CLIENT_SECRET"],
        kinguin_api_key=SECRETS["KINGUIN_API_KEY"],
        kinguin_timeout_s=1.0,
        kinguin_reserve_timeout_s=1.0,
        kinguin_search_nones=2,
        kinguin_search_over_s=1.0,
        nowpayments_base=f"{sandbox.url}/nowpayments/v1",
        nowpayments_api_key=SECRETS["NOWPAYMENTS_API_KEY"],
        reconcile_interval_s=1.0,
    )


@pytest.fixture
async def harness(shop_settings: ShopSettings, sandbox: Sandbox, database: Database) -> AsyncIterator[Harness]:
    """One running shop: its use cases, its database as the owner sees it, the sandbox."""
    async with open_harness(shop_settings, sandbox, database) as harness:
        yield harness
