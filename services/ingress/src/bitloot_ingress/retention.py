"""Raw webhook bodies end: after their days the body, the headers and the sender's address go.

The row stays, for good: a copy that comes after a year is still a duplicate, and an order's story keeps its webhooks.
"""

import asyncio
from typing import Final

import structlog
from bitloot_common.db import Pool

from bitloot_ingress import store

log = structlog.get_logger(__name__)

REMOVE_EVERY_S: Final = 3600.0
BATCH: Final = 1_000


async def remove_old_bodies(pool: Pool, keep_days: int, *, batch: int = BATCH) -> int:
    """In batches, each a transaction, so that none holds on to much. Returns how many webhooks lost their body."""
    gone = 0
    async with pool.acquire() as connection:
        while count := await store.remove_bodies(connection, keep_days=keep_days, limit=batch):
            gone += count
    return gone


async def keep_removing_bodies(pool: Pool, keep_days: int) -> None:
    """A background role. Several processes may do it."""
    while True:
        if gone := await remove_old_bodies(pool, keep_days):
            log.info("webhook.bodies.removed", count=gone, keep_days=keep_days)
        await asyncio.sleep(REMOVE_EVERY_S)
