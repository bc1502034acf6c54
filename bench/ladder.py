"""The ladder measured: throughput as ratios in one run, lateness of 20,000 failing messages, what the inbox costs.

    python -m bench.ladder [--json] [--quick] [--out FILE]

Starts a Kafka and a PostgreSQL of its own. Ratios mean something on any machine; rates are this machine's.
"""

import argparse
import json
import logging
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog
import uvloop
from bitloot_common.server import calm_collector
from bitloot_local.layout import DEFAULT_ROOT
from bitloot_local.system import System, settings

from bench import ladder_delay, ladder_throughput
from bench.ladder_stage import Stage

ROUNDS = 3


async def main(stage: Stage, messages: int) -> dict[str, Any]:
    calm_collector()  # as a service does once it has started
    throughput = await ladder_throughput.measure(stage, messages, ROUNDS)
    waiting = await ladder_throughput.measure_waiting(stage, messages // 10)
    delay = await ladder_delay.measure(stage, messages)
    return {"messages": messages, "throughput": throughput, "handlers waiting 3 ms": waiting, "delay": delay}


def table(result: dict[str, Any]) -> str:
    lines = [f"{result['messages']} messages", "", f"{'throughput':<36}{'messages/s':>12}{'to FastStream':>16}"]
    base = result["throughput"]["FastStream, default subscriber"]
    lines += [f"{name:<36}{rate:>12,.0f}{rate / base:>16.2f}" for name, rate in result["throughput"].items()]
    slow = result["handlers waiting 3 ms"]
    base = slow["FastStream, default subscriber"]
    lines += ["", "handlers that wait 3 ms"]
    lines += [f"{name:<36}{rate:>12,.0f}{rate / base:>16.2f}" for name, rate in slow.items()]
    lines += ["", "failing at every step, five steps", *_delays(result["delay"])]
    return "\n".join(lines)


def _delays(climbs: dict[str, Any]) -> list[str]:
    """A row for each way of feeding, a column for each figure."""
    alone, *fed = climbs.items()
    columns = list(fed[0][1])
    head = f"{'':<16}" + "".join(f"{column:>26}" for column in columns)
    rows = [f"{name:<16}" + "".join(f"{found[column]:>26}" for column in columns) for name, found in fed]
    return [f"{alone[0]}: {alone[1]}", head, *rows]


def run(work: Callable[[Stage], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    root = DEFAULT_ROOT / "bench-ladder"
    system = System(settings(root))
    try:
        for server in ("kafka", "postgres"):
            system.start_server(server)
        return uvloop.run(work(Stage(system.config)))  # type: ignore[arg-type]
    finally:
        system.down()
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true", help="answer in JSON")
    arguments.add_argument("--out", type=Path, help="write the result there as JSON, too")
    arguments.add_argument("--quick", action="store_true", help="a tenth of the messages")
    chosen = arguments.parse_args()
    logging.basicConfig(level=logging.ERROR)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL), cache_logger_on_first_use=True
    )
    found = run(lambda stage: main(stage, 2_000 if chosen.quick else 20_000))
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=2) + "\n")
    sys.stdout.write((json.dumps(found, indent=2) if chosen.json else table(found)) + "\n")
