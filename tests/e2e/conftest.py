"""One switch for all of these tests: E2E_TARGET=local (default: a stack of our own) or compose (a running one)."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from shop import Shop

ADAPTERS = ("reservations", "esa")


def env_of_compose() -> dict[str, str]:
    """`.env` of the running compose project as `.local/env` would name it."""
    lines = Path(".env").read_text().splitlines()
    env = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    ports = {"INGRESS": 4000, "ADMIN": 4001, "DELIVERY": 4002, "SANDBOX": 4010, "MAILBOX": 8025}
    return env | {f"{name}_URL": f"http://127.0.0.1:{env.get(f'{name}_PORT') or port}" for name, port in ports.items()}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module that says `BOTH_ADAPTERS = True` runs once per Kinguin adapter, each on a system of its own."""
    if "adapter" in metafunc.fixturenames and getattr(metafunc.module, "BOTH_ADAPTERS", False):
        metafunc.parametrize("adapter", ADAPTERS, scope="session")


@pytest.fixture(scope="session")
def adapter() -> str:
    return ADAPTERS[0]


@pytest.fixture(scope="session")
def system(systems: Callable[[str], Any], adapter: str) -> Any:
    return systems(adapter)


@pytest.fixture(scope="session")
def env(request: pytest.FixtureRequest, adapter: str) -> dict[str, str]:
    if os.environ.get("E2E_TARGET", "local") == "compose":
        return env_of_compose()
    found: dict[str, str] = request.getfixturevalue("system").env
    return found


@pytest.fixture
async def shop(env: dict[str, str]) -> AsyncIterator[Shop]:
    shop = Shop(env)
    await shop.no_faults()
    yield shop
    await shop.no_faults()
    await shop.close()
