"""`NAME=value` files: `.local/env`, `.local/secrets.env` and the repository's `.env`."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values


def read(path: Path) -> dict[str, str]:
    return {name: value for name, value in dotenv_values(path, interpolate=False).items() if value}


def write(path: Path, values: Mapping[str, str], comment: str) -> None:
    """Replaces the file in one step and for its owner only: it holds credentials.
    A shell can source it: `set -a; . .local/env`."""
    lines = [f"# {comment}", *(f"{name}={shlex.quote(value)}" for name, value in values.items())]
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
    draft.replace(path)
