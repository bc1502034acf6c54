"""The main job, once, for real: order → payment → reservation → mail → revealed key."""

import os
from dataclasses import replace
from pathlib import Path

from bitloot_local import environment, processes, report, topology
from bitloot_local.config import Config
from bitloot_local.errors import DemoFailed, DownloadFailed, ToolMissing
from bitloot_local.layout import Layout
from bitloot_local.purchase import Purchase
from bitloot_local.stack import Stack, down
from bitloot_local.terminal import Terminal


def marker(layout: Layout) -> Path:
    """There while a demo's own stack runs, so that a killed demo's leftovers are not taken for somebody's."""
    return layout.root / "demo"


async def run(config: Config, terminal: Terminal) -> None:
    """Uses a stack that is up and leaves it up; else starts one and stops it, whatever happens."""
    somebodys = bool(processes.find(config.layout)) and not marker(config.layout).exists()
    if not somebodys:
        marker(config.layout).write_text(f"{os.getpid()}\n")
    try:
        config, parts = await gather_parts(config, terminal)
        stack = Stack(config, parts, terminal)
        await stack.up()
        await buy(stack, terminal)
        report.urls(config, terminal)
        terminal.say(
            "\nThe stack was up before and stays up."
            if somebodys
            else "\nAll of it is stopped now. `make up` starts it again, with this order in it."
        )
    finally:
        if not somebodys:
            down(config.layout, terminal)
            marker(config.layout).unlink(missing_ok=True)


async def gather_parts(config: Config, terminal: Terminal) -> tuple[Config, topology.Topology]:
    async with terminal.alive():
        with terminal.step("parts", "looking for Java, Kafka and S3Proxy") as step:
            try:
                return config, await topology.whole(config, step.report)
            except (DownloadFailed, ToolMissing) as error:
                if config.kafka == "memory":
                    raise
                terminal.error(error)
            terminal.say(f"\nGoing on without it. {report.MEMORY_KAFKA}\n")
            config = replace(config, kafka="memory")
            return config, await topology.whole(config, step.report)


async def buy(stack: Stack, terminal: Terminal) -> None:
    """The purchase, ended at once when a process of the stack dies under it."""
    env = environment.everything(stack.config)
    async with (
        terminal.alive(),
        stack.crashes_reported(),
        Purchase.at(env, stack.layout, terminal) as purchase,
    ):
        try:
            await purchase.place_order()
            await purchase.pay()
            await purchase.arrives()
            await purchase.reveal()
        except (LookupError, TypeError, ValueError) as error:
            raise DemoFailed(f"an answer is not as agreed: {type(error).__name__}: {error}") from error
