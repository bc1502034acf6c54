"""The inbox: an event takes effect once, however often Kafka or an SRE delivers it."""

import asyncio
from typing import Final

from bitloot_common.db import Connection, Pool

KEEP_DAYS: Final = 90
"""Three times as long as the longest-lived topic (dead letters, 30 days) could bring an event back."""
PRUNE_EVERY_S: Final = 3600.0
PRUNE_BATCH: Final = 10_000

_CLAIM = "insert into inbox (consumer, event_id) values ($1, $2) on conflict do nothing returning true"


async def first_time(connection: Connection, consumer: str, event_id: str) -> bool:
    """Whether `consumer` sees `event_id` for the first time; remembers it in the caller's transaction.

    Two handlers racing on one event: the second waits for the first's commit, then gets False.
    """
    return bool(await connection.fetchval(_CLAIM, consumer, event_id))


PRUNE = """
delete from inbox where ctid in (
    select ctid from inbox where at < now() - make_interval(days => $1) order by at limit $2
)
"""


async def prune(connection: Connection, *, keep_days: int, limit: int = PRUNE_BATCH) -> int:
    """Forgets events older than the topics' longest retention. Returns how many rows went."""
    status = await connection.execute(PRUNE, keep_days, limit)
    return int(status.rsplit(" ", 1)[1])


async def forget_old(pool: Pool, *, batch: int = PRUNE_BATCH) -> int:
    """Prunes in batches, so that no delete holds on to much, until nothing old is left. Returns how many rows went."""
    gone = 0
    async with pool.acquire() as connection:
        while count := await prune(connection, keep_days=KEEP_DAYS, limit=batch):
            gone += count
    return gone


async def keep_pruned(pool: Pool) -> None:
    """A background role. Several processes may do it."""
    while True:
        await forget_old(pool)
        await asyncio.sleep(PRUNE_EVERY_S)
