import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bitloot_sandbox.testing import Receiver, SandboxProcess


@pytest.fixture(scope="session")
async def shop() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.start()
    yield receiver
    await receiver.stop()


@pytest.fixture(scope="session")
async def process(shop: Receiver, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxProcess]:
    sandbox = SandboxProcess(tmp_path_factory.mktemp("sandbox"), f"{shop.url}/kinguin")
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def sandbox(process: SandboxProcess, shop: Receiver) -> AsyncIterator[SandboxProcess]:
    """The one process of the session, with default settings and no faults."""
    shop.clear()
    await process.control("reset", None)
    yield process
    shop.clear()


@pytest.fixture
async def own(tmp_path: Path, shop: Receiver) -> AsyncIterator[SandboxProcess]:
    """A process of this test's own, which it may kill."""
    shop.clear()
    sandbox = SandboxProcess(tmp_path / "sandbox", f"{shop.url}/kinguin")
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
def order_id() -> str:
    return str(uuid.uuid4())
