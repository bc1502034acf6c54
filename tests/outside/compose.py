"""`docker-compose.yml` as the stack under test: its own project name, its default ports, `.env` where there is one.

Started, or brought to what the tests need, by the first test that asks; left running for the next call.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from bitloot_local import envfile
from stack import ENGINES, SERVICES, Written

ROOT = Path(__file__).parents[2]
PATHS = {"esa": "/esa/api", "reservations": "/kinguin"}
PORTS = {"INGRESS": 4000, "ADMIN": 4001, "DELIVERY": 4002, "FULFILLMENT": 4003, "SANDBOX": 4010, "MAILBOX": 8025}
TRACES = "/tmp/traces.jsonl"
UP_S_MAX = 600  # the first time it builds
COMMAND_S_MAX = 150

# what differs from production's pace, as in bitloot_local.environment; and the bridge's addresses, from which the
# tests' requests come, have no limit per source
PACE = {
    "NOWPAYMENTS_PAYMENTS_PER_S_MAX": "200",
    "NOWPAYMENTS_REQUESTS_PER_S_MAX": "200",
    "KINGUIN_RESERVE_TIMEOUT_S": "5",
    "KINGUIN_SEARCH_OVER_S": "6",
    "RECONCILE_INTERVAL_S": "2",
    "UNLIMITED_SOURCES": "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16",
    "OTEL_TRACES_FILE": TRACES,
}
KEPT = {"kafka": "/var/lib/kafka/data", "postgres": "/var/lib/postgresql/data", "s3": "/data", "smtp": "/tmp"}


class ComposeFailed(Exception):
    """docker compose did not do it; the text is what it said."""


class ComposeStack:
    """One project: an adapter's tests after the other's, on the same data."""

    def __init__(self) -> None:
        self._file = ROOT / ".env" if (ROOT / ".env").exists() else ROOT / ".env.example"
        self._settings = envfile.read(self._file)
        self._over = dict(PACE)

    def on(self, adapter: str) -> Self:
        """The stack with its services on this Kinguin adapter; returns when all of it is ready."""
        self._over |= {"KINGUIN_API": adapter, "KINGUIN_BASE_URL": f"http://sandbox:8080{PATHS[adapter]}"}
        self._compose("up", "-d", "--wait", timeout_s=UP_S_MAX)
        return self

    @property
    def env(self) -> Mapping[str, str]:
        known = {**self._settings, **os.environ}
        urls = {f"{name}_URL": f"http://127.0.0.1:{known.get(f'{name}_PORT') or port}" for name, port in PORTS.items()}
        return {**self._settings, **urls}

    def kill(self, name: str) -> None:
        (container,) = self._compose("ps", "-q", name).split()
        self._compose("kill", "-s", "KILL", name)
        self._run("docker", "wait", container)

    def start(self, name: str) -> None:
        self._compose("up", "-d", "--no-deps", "--no-recreate", "--wait", name)

    def alive(self, name: str) -> bool:
        return bool(self._compose("ps", "-q", "--status", "running", name).strip())

    def written(self, into: Path) -> Written:
        self._compose("exec", "-T", "postgres", "psql", "-U", "bitloot", "-qc", "checkpoint")
        (into / "traces.jsonl").write_text(self.traces())
        (into / "logs").write_text(self._compose("logs", "--no-color"))
        self._compose("pause", *ENGINES, "sandbox")  # or a file would change while it is copied
        try:
            for name, path in {**KEPT, "sandbox": "/data"}.items():
                self._compose("cp", f"{name}:{path}", str(into / name))
        finally:
            self._compose("unpause", *ENGINES, "sandbox")
        return Written(into, into / "sandbox")

    def traces(self) -> str:
        return "".join(self._compose("exec", "-T", name, "cat", TRACES) for name in SERVICES)

    def _compose(self, *command: str, timeout_s: float = COMMAND_S_MAX) -> str:
        return self._run(
            "docker", "compose", "--env-file", str(self._file), "--profile", "sandbox", *command, timeout_s=timeout_s
        )

    def _run(self, *command: str, timeout_s: float = COMMAND_S_MAX) -> str:
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **self._over}, capture_output=True, text=True, timeout=timeout_s
        )
        if done.returncode != 0:
            raise ComposeFailed(f"{' '.join(command)}: {done.stderr[-2_000:]}")
        return done.stdout
