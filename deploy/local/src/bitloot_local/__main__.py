"""python -m bitloot_local up|down|clean|status|demo"""

import argparse
import asyncio
import logging
import shutil
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from bitloot_local import config, demo, report, topology
from bitloot_local.errors import DownloadFailed, StackError, ToolMissing
from bitloot_local.layout import Layout
from bitloot_local.stack import Stack, down, only_one
from bitloot_local.terminal import Terminal

KEPT_BY_CLEAN = {"cache", "lock", "tools", "uv"}
FAILED, INTERRUPTED = 1, 130


def up(terminal: Terminal, servers_only: bool) -> int:
    settings = config.load()

    async def run() -> None:
        try:
            parts = await gather_parts(settings, terminal, servers_only)
        except (DownloadFailed, ToolMissing) as error:
            raise type(error)(f"{error}\n\n{report.WITHOUT_MAVEN}") from None
        await Stack(settings, parts, terminal).up()

    interruptible(run())
    demo.marker(settings.layout).unlink(missing_ok=True)  # from here on the stack is this person's
    report.urls(settings, terminal)
    if settings.kafka == "memory":
        terminal.say(f"\n{report.MEMORY_KAFKA}")
    return 0


async def gather_parts(settings: config.Config, terminal: Terminal, servers_only: bool) -> topology.Topology:
    async with terminal.alive():
        with terminal.step("parts", "looking for Java, Kafka and S3Proxy") as step:
            parts = topology.only_servers if servers_only else topology.whole
            return await parts(settings, step.report)


def stop(terminal: Terminal) -> int:
    layout = Layout()
    stopped = down(layout, terminal)
    demo.marker(layout).unlink(missing_ok=True)
    terminal.line("down", f"stopped {len(stopped)} processes" if stopped else "nothing was running")
    return 0


def clean(terminal: Terminal) -> int:
    layout = Layout()
    stop(terminal)
    with only_one(layout):
        for path in layout.root.iterdir():
            if path.name not in KEPT_BY_CLEAN:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    terminal.line("clean", f"forgot all of {layout.root} but its downloads")
    return 0


def interruptible(work: Coroutine[Any, Any, None]) -> None:
    """Ctrl-C, SIGTERM and a closed terminal all cancel the work, which then cleans up after itself."""

    async def run() -> None:
        task = asyncio.ensure_future(work)
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        await task

    try:
        asyncio.run(run())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bitloot_local", description="The local stack.")
    commands = parser.add_subparsers(dest="command", required=True)
    starting = commands.add_parser("up", help="start what is missing and leave it running")
    starting.add_argument("--servers", action="store_true", help="only Kafka, PostgreSQL, S3 and SMTP")
    commands.add_parser("down", help="stop all of it; the data stays")
    commands.add_parser("clean", help="stop it and forget its data, logs and secrets")
    commands.add_parser("status", help="what runs, what has died")
    commands.add_parser("demo", help="buy a key, from the order to the revealed code")
    chosen = parser.parse_args()
    terminal = Terminal()
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # an interrupted connection complains to nobody
    try:
        match chosen.command:
            case "up":
                return up(terminal, chosen.servers)
            case "down":
                return stop(terminal)
            case "clean":
                return clean(terminal)
            case "status":
                return report.status(config.load(), terminal)
        interruptible(demo.run(config.load(), terminal))
    except StackError as error:
        terminal.error(error)
        return FAILED
    except KeyboardInterrupt:
        terminal.say("interrupted")
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
