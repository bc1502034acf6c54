"""Real processes for the tests: the sandbox, and the service itself."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

SECRETS = {
    "NOWPAYMENTS_API_KEY": "nowpayments-key",
    "NOWPAYMENTS_IPN_SECRET": "ipn-secret",
    "KINGUIN_CLIENT_ID": "shop",
    "KINGUIN_CLIENT_SECRET": "client-secret",
    "KINGUIN_API_KEY": "esa-key",
    "KINGUIN_WEBHOOK_SECRET": "webhook-secret",
}
NOWHERE = "http://127.0.0.1:9/kinguin/webhook"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_sandbox(directory: Path, *, webhook_url: str = NOWHERE) -> Iterator[str]:
    """`python -m bitloot_sandbox` on a port of its own; yields its URL."""
    port = free_port()
    env = SECRETS | {
        "HTTP_PORT": str(port),
        "SANDBOX_DATA_DIR": str(directory),
        "KINGUIN_WEBHOOK_URL": webhook_url,
    }
    process = start("bitloot_sandbox", env, directory / "log")
    try:
        wait_until_ready(process, f"http://127.0.0.1:{port}/control/ledger", directory / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process)


def start(module: str, env: Mapping[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """`python -m module`; everything that it says goes to `log`."""
    with log.open("ab") as out:
        return subprocess.Popen([sys.executable, "-m", module], env=os.environ | dict(env), stdout=out, stderr=out)


def wait_until_ready(process: "subprocess.Popen[bytes]", url: str, log: Path, deadline_s: float = 60) -> None:
    """Returns when `url` answers 200."""
    until = time.monotonic() + deadline_s
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            if httpx.get(url, timeout=3, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"{url} is not ready after {deadline_s:g} s: {log.read_text()[-3000:]}")


def end(process: "subprocess.Popen[bytes]") -> None:
    """kill -9."""
    process.kill()
    process.wait()
