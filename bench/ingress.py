"""Ingress against a bare FastAPI endpoint and the naive design, in one run, with one client.

    python -m bench.ingress [--rounds 6] [--seconds 2] [--connections 8 64 256] [--repeats 2] [--out FILE]

Starts a Kafka and a PostgreSQL of its own. The service has core 0; load generator, PostgreSQL and Kafka share
core 1. All three designs use the same two; before each run the outbox is empty and a checkpoint done. Rounds are
short and go through the designs forwards, then backwards; each ratio is to the bare endpoint of the same round, so
a ratio means something on any machine and a rate only on this one. A run in which others had more than a tenth of
the machine is repeated, twice at most (`--repeats`). `two processes`: two of ours, a client each.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import httpx
import psutil
from bitloot_common import schema, topics
from bitloot_local import ports
from bitloot_local.layout import DEFAULT_ROOT
from bitloot_local.system import System, settings

from bench import ingress_load, ingress_stages
from bench.ingress_load import Load, Requests
from bench.ingress_machine import OTHER_CORE, SERVICE_CORE, Meter, cores, pin, prefer

ROOT = Path(__file__).parents[1]
REQUESTS_PER_S_MAX = 12_000  # prepared per second of load; more than any target here takes
READY_S_MAX = 60
DRAINED_S_MAX = 60
ELSEWHERE_MAX = 0.1
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


@dataclass(frozen=True)
class Run:
    """What the client saw, microseconds of processor per request of each process, and the others' share."""

    load: Load
    cpu_us: dict[str, float]
    elsewhere: float


class Bench:
    """The servers, the targets and the load between them."""

    def __init__(self, system: System, directory: Path, seconds: float, repeats_max: int = 2) -> None:
        config = system.config
        self._repeats_max = repeats_max
        self.errors = 0
        self.seconds = seconds
        self._directory = directory
        self._secret = config.secrets["NOWPAYMENTS_IPN_SECRET"]
        self._requests = Requests(directory, self._secret, first=time.time_ns() // 1_000)
        self._servers = {name: psutil.Process(system.pid(name)) for name in ("postgres", "kafka")}
        self._superuser_url = config.database_url("postgres", "POSTGRES_PASSWORD")
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
        prefer([psutil.Process(), *self._servers.values()])

    def settle(self) -> None:
        """The last run's messages are published, its pages written: the next starts as that one did."""
        asyncio.run(self._settle())

    async def _settle(self) -> None:
        connection = await asyncpg.connect(self._superuser_url)
        try:
            async with asyncio.timeout(DRAINED_S_MAX):
                while await connection.fetchval("select exists (select from outbox)"):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                await connection.execute("checkpoint")
        finally:
            await connection.close()

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

    def run(self, target: Target, connections: int) -> Run:
        """One run; of several, while others disturb, the one that was disturbed least."""
        runs: list[Run] = []
        while len(runs) <= self._repeats_max and all(run.elsewhere > ELSEWHERE_MAX for run in runs):
            self.settle()
            runs.append(self.run_once(target, connections))
        return min(runs, key=lambda run: run.elsewhere)

    def run_once(self, target: Target, connections: int) -> Run:
        """One run, however disturbed."""
        count = int(REQUESTS_PER_S_MAX * self.seconds)
        requests = self._requests.write(target.host, count, name=f"requests-{target.port}.bin")
        for server in self._servers.values():  # connections since the last run have backends of their own
            pin(server, OTHER_CORE)
        url = f"http://{target.host}/payments/ipn"
        core = OTHER_CORE if cores() > 1 else None
        meter = Meter({"service": target.process, **self._servers})
        load = ingress_load.run(
            self._directory, url, requests, connections=connections, seconds=self.seconds, core=core
        )
        spent_s, elsewhere = meter.stop()
        self.errors += load.errors
        if load.requests > count and target.name != "bare":
            raise RuntimeError("the prepared requests ran out: the rest were duplicates")
        return Run(load, {name: s / load.requests * 1e6 for name, s in spent_s.items()}, elsewhere)


def compare(bench: Bench, rounds: int, connections: list[int]) -> dict[str, Any]:
    """Interleaved rounds at each number of connections."""
    runs: dict[int, dict[str, list[Run]]] = {}
    with ExitStack() as stack:
        targets = [stack.enter_context(bench.target(name)) for name in TARGETS]
        for target in targets:
            bench.run(target, 16)  # warm: pages, plans, metadata
        for number in range(rounds):
            for count in connections:
                for target in targets if number % 2 == 0 else reversed(targets):
                    outcome = bench.run(target, count)
                    runs.setdefault(count, {}).setdefault(target.name, []).append(outcome)
                    say(f"round {number + 1}, {count} connections, {target.name}", outcome)
    return {f"{count} connections": summary(runs[count]) for count in connections}


def summary(runs: dict[str, list[Run]]) -> dict[str, Any]:
    """Medians over the rounds; ratios to the bare endpoint, and of ours to the naive design."""
    found: dict[str, Any] = {}
    for name, outcomes in runs.items():
        pairs = list(zip(outcomes, runs["bare"], strict=True))
        found[name] = {
            "per_s": round(median(run.load.per_s for run in outcomes)),
            "p50_ms": round(median(run.load.p50_ms for run in outcomes), 1),
            "p99_ms": round(median(run.load.p99_ms for run in outcomes), 1),
            "errors": sum(run.load.errors for run in outcomes),
            "to_bare": round(median(mine.load.per_s / bare.load.per_s for mine, bare in pairs), 2),
            "p99_to_bare": round(median(mine.load.p99_ms / bare.load.p99_ms for mine, bare in pairs), 2),
            "cpu_us_per_request": {
                process: round(median(run.cpu_us[process] for run in outcomes)) for process in outcomes[0].cpu_us
            },
            "elsewhere": round(median(run.elsewhere for run in outcomes), 2),
        }
    found["ours to naive"] = round(
        median(mine.load.per_s / naive.load.per_s for mine, naive in zip(runs["ours"], runs["naive"], strict=True)), 2
    )
    return found


def two_processes(bench: Bench, connections: int) -> dict[str, Any]:
    """One of ours alone, then two side by side with a client each."""
    with ExitStack() as stack:
        first = stack.enter_context(bench.target("ours"))
        alone = bench.run(first, connections).load
        second = stack.enter_context(bench.target("ours"))
        pin(second.process, OTHER_CORE)
        bench.settle()
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda target: bench.run_once(target, connections // 2), (first, second)))
    together = sum(run.load.per_s for run in both)
    say("two processes", both[0])
    return {"one": asdict(alone), "two_per_s": round(together), "two_to_one": round(together / alone.per_s, 2)}


def say(what: str, run: Run) -> None:
    load = run.load
    print(
        f"{what:<36}{load.per_s:>9,.0f}/s  p99 {load.p99_ms:>7.1f} ms  errors {load.errors}"
        f"  elsewhere {run.elsewhere:.0%}",
        flush=True,
    )


def main(rounds: int, seconds: float, connections: list[int], repeats: int) -> dict[str, Any]:
    root = DEFAULT_ROOT / "bench-ingress"
    system = System(settings(root))
    try:
        for server in ("kafka", "postgres"):
            system.start_server(server)
        directory = root / "load"
        directory.mkdir(parents=True, exist_ok=True)
        bench = Bench(system, directory, seconds, repeats)
        bench.prepare()
        return {
            **compare(bench, rounds, connections),
            "two processes": two_processes(bench, 64),
            "stages_us": ingress_stages.measure(),
            "errors": bench.errors,
        }
    finally:
        system.down()
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=6)
    arguments.add_argument("--seconds", type=float, default=2)
    arguments.add_argument("--connections", type=int, nargs="+", default=[8, 64, 256])
    arguments.add_argument("--repeats", type=int, default=2)
    arguments.add_argument("--out", type=Path)
    chosen = arguments.parse_args()
    result = main(chosen.rounds, chosen.seconds, chosen.connections, chosen.repeats)
    text = json.dumps(result, indent=2)
    if chosen.out:
        chosen.out.write_text(text)
    else:
        print(text)
    if result["errors"]:
        sys.exit(f"{result['errors']} requests were not taken: this is no measurement")
