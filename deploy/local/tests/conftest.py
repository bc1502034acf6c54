import time
from collections.abc import Callable

import pytest


@pytest.fixture
def wait() -> Callable[[Callable[[], bool]], None]:
    """Until it holds, or the deadline."""

    def until(holds: Callable[[], bool], timeout_s: float = 10) -> None:
        deadline = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < deadline, f"not within {timeout_s} s"
            time.sleep(0.05)

    return until
