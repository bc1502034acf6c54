"""Ingress against a bare FastAPI endpoint and the naive design, in one run, with one client.

    python -m bench.ingress [--rounds 3] [--seconds 5] [--connections 8 64 256] [--out FILE]

Starts a Kafka and a PostgreSQL of its own. The service has core 0; load generator, PostgreSQL and Kafka share
core 1. Rounds are interleaved and each ratio is to the bare endpoint of the same round, so a ratio means
something on any machine and a rate only on this one. `two processes`: two of ours, a client each.
"""

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psutil
from bitloot_common import schema, topics
from bitloot_local import ports
from bitloot_local.layout import DEFAULT_ROOT
from bitloot_local.system import System, settings

from bench import ingress_load, ingress_stages
from bench.ingress_load import Load, Requests

ROOT = Path(__file__).parents[1]
SERVICE_CORE, OTHER_CORE = 0, 1
REQUESTS_PER_S_MAX = 12_000  # prepared per second of load; more than any target here takes
READY_S_MAX = 60
TARGETS = ("bare", "ours", "naive")


class Target:
    """One process under load."""

    def __init__(self, name: str, command: list[str], env: Mapping[str, str], port: int, log: Path) -> None:
        self.name, self.port = name, port
        self.host = f"127.0.0.1:{port}"
        with log.open("ab") as file:
            self.process = psutil.Popen(command, env={**os.environ, **env}, cwd=ROOT, stdout=file, stderr=file)
        pin(self.process, SERVICE_CORE)

    def wait_until_ready(self) -> None:
        """Any answer will do: the bare endpoint has no health check."""
        until = time.monotonic() + READY_S_MAX
        while True:
            try:
                httpx.get(f"http://{self.host}/readyz", timeout=3, trust_env=False)
            except httpx.HTTPError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(40)


def pin(process: psutil.Process, core: int) -> None:
    """Keeps a process and its children on one core, where there are two and the system can."""
    if (psutil.cpu_count() or 1) < 2 or not hasattr(process, "cpu_affinity"):
        return
    for each in (process, *process.children(recursive=True)):
        each.cpu_affinity([core])


def cpu_s(process: psutil.Process) -> float:
    """Processor seconds of a process and its children."""
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        times = each.cpu_times()
        total += times.user + times.system
    return total


class Bench:
    """The servers, the targets and the load between them."""

    def __init__(self, system: System, directory: Path, seconds: float) -> None:
        config = system.config
        self.seconds = seconds
        self._directory = directory
        self._secret = config.secrets["NOWPAYMENTS_IPN_SECRET"]
        self._requests = Requests(directory, self._secret, first=time.time_ns() // 1_000)
        self._servers = {name: psutil.Process(system.pid(name)) for name in ("postgres", "kafka")}
        self._env = {
            "DATABASE_URL": config.database_url("bitloot", "OWNER_DATABASE_PASSWORD"),
            "KAFKA_BOOTSTRAP_SERVERS": config.kafka_bootstrap_servers,
            "NOWPAYMENTS_BASE": "http://127.0.0.1:9",
            "NOWPAYMENTS_API_KEY": "bench",
            "NOWPAYMENTS_IPN_SECRET": self._secret,
            "KINGUIN_WEBHOOK_SECRET": "bench",
            "WEBHOOK_BASE_URL": "http://127.0.0.1",
            "ORDER_TOKEN_SECRET": "order token secret of the bench",
            "LOG_LEVEL": "WARNING",
        }

    def prepare(self) -> None:
        """Schema and topics; the servers onto their core."""
        schema.upgrade(self._env["DATABASE_URL"])
        topics.apply(self._env["KAFKA_BOOTSTRAP_SERVERS"], topics.read(ROOT / "deploy/topics.yaml"))
        for server in self._servers.values():
            pin(server, OTHER_CORE)

    @contextmanager
    def target(self, name: str) -> Iterator[Target]:
        """`bare`, `naive` or `ours`, running."""
        (port,) = ports.free(1)
        arguments = ["bitloot_ingress"] if name == "ours" else ["bench.ingress_targets", name, str(port)]
        env = {**self._env, "HTTP_PORT": str(port)}
        log = self._directory / f"{name}-{port}.log"
        target = Target(name, [sys.executable, "-m", *arguments], env, port, log)
        try:
            target.wait_until_ready()
            yield target
        finally:
            target.stop()

    def run(self, target: Target, connections: int) -> tuple[Load, dict[str, float]]:
        """One run: what the client saw, and processor microseconds per request of each process."""
        count = int(REQUESTS_PER_S_MAX * self.seconds)
        requests = self._requests.write(target.host, count, name=f"requests-{target.port}.bin")
        for server in self._servers.values():  # connections since the last run have backends of their own
            pin(server, OTHER_CORE)
        watched = {"service": target.process, **self._servers}
        before = {name: cpu_s(process) for name, process in watched.items()}
        url = f"http://{target.host}/payments/ipn"
        core = OTHER_CORE if (psutil.cpu_count() or 1) > 1 else None
        load = ingress_load.run(
            self._directory, url, requests, connections=connections, seconds=self.seconds, core=core
        )
        if load.requests > count and target.name != "bare":
            raise RuntimeError("the prepared requests ran out: the rest were duplicates")
        spent = {name: (cpu_s(process) - before[name]) / load.requests * 1e6 for name, process in watched.items()}
        return load, spent


def compare(bench: Bench, rounds: int, connections: list[int]) -> dict[str, Any]:
    """Interleaved rounds at each number of connections."""
    runs: dict[int, dict[str, list[tuple[Load, dict[str, float]]]]] = {}
    with ExitStack() as stack:
        targets = [stack.enter_context(bench.target(name)) for name in TARGETS]
        for target in targets:
            bench.run(target, 16)  # warm: pages, plans, metadata
        for number in range(rounds):
            for count in connections:
                for target in targets:
                    outcome = bench.run(target, count)
                    runs.setdefault(count, {}).setdefault(target.name, []).append(outcome)
                    say(f"round {number + 1}, {count} connections, {target.name}", outcome[0])
    return {f"{count} connections": summary(runs[count]) for count in connections}


def summary(runs: dict[str, list[tuple[Load, dict[str, float]]]]) -> dict[str, Any]:
    """Medians over the rounds; ratios to the bare endpoint, and of ours to the naive design."""
    found: dict[str, Any] = {}
    for name, outcomes in runs.items():
        pairs = list(zip(outcomes, runs["bare"], strict=True))
        found[name] = {
            "per_s": round(median(load.per_s for load, _ in outcomes)),
            "p50_ms": round(median(load.p50_ms for load, _ in outcomes), 1),
            "p99_ms": round(median(load.p99_ms for load, _ in outcomes), 1),
            "errors": sum(load.errors for load, _ in outcomes),
            "to_bare": round(median(mine.per_s / bare.per_s for (mine, _), (bare, _) in pairs), 2),
            "p99_to_bare": round(median(mine.p99_ms / bare.p99_ms for (mine, _), (bare, _) in pairs), 2),
            "cpu_us_per_request": {
                process: round(median(spent[process] for _, spent in outcomes)) for process in outcomes[0][1]
            },
        }
    found["ours to naive"] = round(
        median(mine.per_s / naive.per_s for (mine, _), (naive, _) in zip(runs["ours"], runs["naive"], strict=True)), 2
    )
    return found


def two_processes(bench: Bench, connections: int) -> dict[str, Any]:
    """One of ours alone, then two side by side with a client each."""
    with ExitStack() as stack:
        first = stack.enter_context(bench.target("ours"))
        alone, _ = bench.run(first, connections)
        second = stack.enter_context(bench.target("ours"))
        pin(second.process, OTHER_CORE)
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda target: bench.run(target, connections // 2)[0], (first, second)))
    together = sum(load.per_s for load in both)
    say("two processes", both[0])
    return {"one": asdict(alone), "two_per_s": round(together), "two_to_one": round(together / alone.per_s, 2)}


def say(what: str, load: Load) -> None:
    print(f"{what:<36}{load.per_s:>9,.0f}/s  p99 {load.p99_ms:>7.1f} ms  errors {load.errors}", flush=True)


def main(rounds: int, seconds: float, connections: list[int]) -> dict[str, Any]:
    root = DEFAULT_ROOT / "bench-ingress"
    system = System(settings(root))
    try:
        for server in ("kafka", "postgres"):
            system.start_server(server)
        directory = root / "load"
        directory.mkdir(parents=True, exist_ok=True)
        bench = Bench(system, directory, seconds)
        bench.prepare()
        return {
            **compare(bench, rounds, connections),
            "two processes": two_processes(bench, 64),
            "stages_us": ingress_stages.measure(),
        }
    finally:
        system.down()
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--seconds", type=float, default=5)
    arguments.add_argument("--connections", type=int, nargs="+", default=[8, 64, 256])
    arguments.add_argument("--out", type=Path)
    chosen = arguments.parse_args()
    result = main(chosen.rounds, chosen.seconds, chosen.connections)
    text = json.dumps(result, indent=2)
    if chosen.out:
        chosen.out.write_text(text)
    else:
        print(text)
