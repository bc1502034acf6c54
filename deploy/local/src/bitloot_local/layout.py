"""Where the stack keeps its things: one directory, `.local`, that `make clean` may forget."""

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[4]
POM = REPOSITORY / "deploy/local/pom.xml"
UV = REPOSITORY / "deploy/local/uv"
TOPICS = REPOSITORY / "deploy/topics.yaml"
CATALOGUE = REPOSITORY / "deploy/catalogue.yaml"
DEFAULT_ROOT = REPOSITORY / ".local"


@dataclass(frozen=True)
class Layout:
    root: Path = DEFAULT_ROOT
    cache: Path = DEFAULT_ROOT / "cache"  # shared by every stack of this clone: jars, tools

    @property
    def env_file(self) -> Path:
        return self.root / "env"

    @property
    def secrets_file(self) -> Path:
        return self.root / "secrets.env"

    @property
    def lock_file(self) -> Path:
        return self.root / "lock"

    @property
    def pids(self) -> Path:
        return self.root / "pids"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def pid_file(self, name: str) -> Path:
        return self.pids / f"{name}.pid"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def data(self, name: str) -> Path:
        return self.root / "data" / name

    @asynccontextmanager
    async def installing(self) -> AsyncIterator[None]:
        """Alone in the cache: two stacks may start at once, and Maven's repository bears one writer."""
        with (self.cache / "lock").open("w") as lock:
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
            yield

    def create(self) -> None:
        for directory in (self.root, self.pids, self.logs, self.root / "data", self.cache):
            directory.mkdir(parents=True, exist_ok=True)
