"""One switch for all of these tests: E2E_TARGET=local (default: a stack of our own) or compose (its project)."""

import os
from collections.abc import AsyncIterator, Callable

import pytest
from compose import ComposeStack
from shop import Shop
from stack import LocalStack, Stack

ADAPTERS = ("reservations", "esa")
TARGET = os.environ.get("E2E_TARGET", "local")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module that says `BOTH_ADAPTERS = True` runs once per Kinguin adapter."""
    if "adapter" in metafunc.fixturenames and getattr(metafunc.module, "BOTH_ADAPTERS", False):
        metafunc.parametrize("adapter", ADAPTERS, scope="session")


@pytest.fixture(scope="session")
def adapter() -> str:
    return ADAPTERS[0]


@pytest.fixture(scope="session")
def stacks(request: pytest.FixtureRequest) -> Callable[[str], Stack]:
    """The stack on an adapter: a system of its own each, or compose's one project, its services made anew."""
    if TARGET == "compose":
        project = ComposeStack()
        return project.on
    systems = request.getfixturevalue("systems")
    return lambda adapter: LocalStack(systems(adapter))


@pytest.fixture(scope="session")
def stack(stacks: Callable[[str], Stack], adapter: str) -> Stack:
    return stacks(adapter)


@pytest.fixture(scope="session")
def env(stack: Stack) -> dict[str, str]:
    """What `.local/env` says of the stack."""
    return dict(stack.env)


@pytest.fixture
async def shop(stack: Stack) -> AsyncIterator[Shop]:
    shop = Shop(stack.env)
    await shop.no_faults()
    yield shop
    await shop.no_faults()
    await shop.close()
