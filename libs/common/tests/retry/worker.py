"""A service in a process of its own, so that a test may kill it: handles orders once, by the inbox.

Its configuration comes as JSON in argv. `crash` names the point at which it kills itself with SIGKILL.
"""

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass
from typing import Any

import asyncpg
from bitloot_common.inbox import first_time
from bitloot_common.retry import Ladder, Limits, Message, Transient
from bitloot_common.retry.forwarder import Forwarder
from pydantic import BaseModel


class Order(BaseModel):
    n: int


@dataclass
class Settings:
    """What the test decides."""

    bootstrap_servers: str
    service: str
    topic: str
    delays_s: list[int]
    database_url: str
    crash: str | None = None  # before_work, after_work, before_forward, after_forward
    failing: int = 0  # every n-th order fails on its first attempt
    work_s: float = 0.0


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Killer(Forwarder):
    """Dies as soon as a message is on its next topic, before anything could be committed; or before it is there,
    late enough that a ladder that does not wait for it would have committed."""

    before = False

    async def send(self, *arguments: Any) -> None:
        if self.before:
            await asyncio.sleep(1)
            die()
        await super().send(*arguments)
        die()


async def main(settings: Settings) -> None:
    pool = await asyncpg.create_pool(settings.database_url, min_size=1, max_size=8)
    ladder = Ladder(
        settings.service,
        settings.bootstrap_servers,
        instance_id="worker",
        limits=Limits(concurrency=8, partition_window=100, total_window=200, drain_s=5),
    )
    if settings.crash in ("before_forward", "after_forward"):
        ladder._forwarder = Killer(settings.service, {"bootstrap_servers": settings.bootstrap_servers})
        ladder._forwarder.before = settings.crash == "before_forward"

    @ladder.subscribe(settings.topic, Order, delays_s=settings.delays_s)
    async def on_order(message: Message[Order]) -> None:
        if settings.crash == "before_work":
            die()
        if settings.failing and message.data.n % settings.failing == 0 and message.attempt == 1:
            raise Transient("first attempt")
        async with pool.acquire() as connection, connection.transaction():
            if await first_time(connection, settings.service, message.id):
                await asyncio.sleep(settings.work_s)
                await connection.execute("insert into effects values ($1, $2)", message.id, message.attempt)
        if settings.crash == "after_work":
            die()

    await ladder.start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await ladder.stop(deadline_s=5)
    await pool.close()


if __name__ == "__main__":
    asyncio.run(main(Settings(**json.loads(sys.argv[1]))))
