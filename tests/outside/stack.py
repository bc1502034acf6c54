"""The stack under the system, as the tests that kill and look inside need it: local processes, or containers.

`compose.py` is the other one. What both know by name: ingress, fulfillment, delivery, admin, sandbox, kafka,
postgres, s3, smtp.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

SERVICES = ("ingress", "fulfillment", "delivery", "admin")
ENGINES = ("kafka", "postgres", "s3", "smtp")


@dataclass(frozen=True)
class Written:
    """Every byte that the system has on disk, and where in it the providers' own ledger is."""

    root: Path
    sandbox: Path


class Stack(Protocol):
    """One running system and its processes."""

    @property
    def env(self) -> Mapping[str, str]:
        """What `.local/env` says of it."""
        ...

    def kill(self, name: str) -> None:
        """`kill -9`; returns when it is dead, and nothing starts it again by itself."""
        ...

    def start(self, name: str) -> None:
        """Starts what was killed; returns when it is ready."""
        ...

    def alive(self, name: str) -> bool: ...

    def written(self, into: Path) -> Written:
        """Everything it keeps, flushed to disk; `into` is an empty directory for those that have to copy."""
        ...

    def traces(self) -> str:
        """Every span that the services have exported, a JSON object a line."""
        ...


class LocalStack:
    """The processes of `bitloot_local.system.System`."""

    def __init__(self, system: Any) -> None:
        self._system = system

    @property
    def env(self) -> Mapping[str, str]:
        env: Mapping[str, str] = self._system.env
        return env

    def kill(self, name: str) -> None:
        self._system.kill(name)

    def start(self, name: str) -> None:
        self._system.start(name)

    def alive(self, name: str) -> bool:
        return bool(self._system.alive(name))

    def written(self, into: Path) -> Written:
        self._system.flush()
        return Written(Path(self._system.directory), Path(self._system.data_dir("sandbox")))

    def traces(self) -> str:
        return (Path(self._system.directory) / "traces.jsonl").read_text()
