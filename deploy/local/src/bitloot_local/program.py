"""What the stack knows of one process: how to run it, how to ask whether it is ready, how to stop it."""

import hashlib
import json
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Report = Callable[[str], None]  # one short line on what is happening now, for the terminal


async def nothing(report: Report) -> None:
    """The default of `prepare` and `settle`."""


@dataclass(frozen=True)
class Program:
    name: str
    argv: tuple[str, ...]
    ready: Callable[[], Awaitable[None]]  # raises whatever it likes until the process can be used
    env: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[tuple[int, str], ...] = ()  # (port, variable that moves it)
    prepare: Callable[[Report], Awaitable[None]] = nothing  # before a start: format, initdb
    settle: Callable[[Report], Awaitable[None]] = nothing  # when ready, each time: bucket, roles
    files: Mapping[Path, str] = field(default_factory=dict)  # its configuration, written before a start
    user: int | None = None  # uid to run as, where root is refused
    stop_signal: signal.Signals = signal.SIGTERM
    ready_s_max: float = 120

    @property
    def fingerprint(self) -> str:
        """Changes when the process would be started differently; then `up` restarts it."""
        described = [
            self.argv,
            self.stop_signal,
            sorted(self.env.items()),
            sorted((str(p), t) for p, t in self.files.items()),
        ]
        return hashlib.sha256(json.dumps(described).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Job:
    """A command that runs to its end at every `up`, and is harmless the second time."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    deadline_s: float = 180


@dataclass(frozen=True)
class Lane:
    """Jobs one after the other, as soon as the server they need is ready."""

    needs: str
    jobs: tuple[Job, ...]
