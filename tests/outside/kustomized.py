"""What `kubectl apply -k` would send, for the tests that look at it."""

import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
HOME = DEPLOY / "kubernetes"
OVERLAYS = ("staging", "production")

Manifest = dict[str, Any]
Render = Callable[[str], list[Manifest]]


@cache
def rendered(program: str, directory: Path) -> list[Manifest]:
    """The objects of a kustomization; `program` is kustomize or kubectl."""
    build = "build" if program.endswith("kustomize") else "kustomize"
    done = subprocess.run([program, build, str(directory)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    """Those of the kind, by name."""
    return {each["metadata"]["name"]: each for each in manifests if each["kind"] == kind}
