"""Tools that the checks of files use: they are where `deploy/local/test-tools` left them."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from kustomized import DEPLOY, HOME, OVERLAYS, Render, rendered

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def tool() -> Callable[..., str]:
    """The path of the first of these programs that is there; fails where none is."""

    def find(*names: str) -> str:
        path = os.pathsep.join((os.environ.get("PATH", ""), str(ROOT / ".local" / "tools" / "usr" / "bin")))
        found = next((program for name in names if (program := shutil.which(name, path=path))), None)
        if found is None:
            pytest.fail(f"no {' or '.join(names)}: run deploy/local/test-tools check")
        return found

    return find


@pytest.fixture(scope="session")
def render(tool: Callable[..., str]) -> Render:
    """The objects of an overlay, or of `observability`."""
    homes = {name: HOME / "overlays" / name for name in OVERLAYS} | {"observability": DEPLOY / "observability"}
    return lambda name: rendered(tool("kustomize", "kubectl"), homes[name])
