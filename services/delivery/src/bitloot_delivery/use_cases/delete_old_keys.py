"""Retention: sealed keys go a while after their first view or their delivery; who viewed them, too.

The object goes first, then what opens it; a crash in between is repeated. The row stays as a tombstone, so that
a replayed request does not store and mail the order a second time.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from bitloot_common.db import Pool
from bitloot_common.outbox import Outbox
from bitloot_common.timeline import Entry, append

from bitloot_delivery.clients.storage import KeyStorage
from bitloot_delivery.errors import StorageRefused, StorageUnavailable
from bitloot_delivery.store import keys, links
from bitloot_delivery.store.keys import KeysRow

log = structlog.get_logger(__name__)

BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class DeleteOldKeys:
    """Deletes what is older than its time. Any number of instances may run it at once."""

    pool: Pool
    outbox: Outbox
    storage: KeyStorage
    after_view: timedelta
    after_delivery: timedelta
    readers_keep: timedelta
    interval_s: float

    async def run(self) -> None:
        """A round every `interval_s` seconds, for ever."""
        while True:
            deleted, forgotten = await self()
            if deleted or forgotten:
                log.info("delivery.retention", keys_deleted=deleted, readers_forgotten=forgotten)
            await asyncio.sleep(self.interval_s)

    async def __call__(self) -> tuple[int, int]:
        """How many parts were deleted and how many views lost their reader. Raises StorageDown.

        An object that storage will not delete is left for the next round; it does not hold up those behind it.
        """
        deleted, after = 0, UUID(int=0)
        while rows := await self._due(after):
            for row in rows:
                deleted += await self._deleted(row)
            after = rows[-1].id
        forgotten = 0
        async with self.pool.acquire() as connection:
            while count := await links.forget_readers(connection, older_than=self.readers_keep):
                forgotten += count
        return deleted, forgotten

    async def _due(self, after: UUID) -> list[KeysRow]:
        async with self.pool.acquire() as connection:
            return await keys.due_for_deletion(
                connection, after_view=self.after_view, after_delivery=self.after_delivery, after=after, limit=BATCH
            )

    async def _deleted(self, row: KeysRow) -> bool:
        try:
            await self._delete(row)
        except (StorageUnavailable, StorageRefused) as error:
            log.warning("delivery.retention.left", order_id=str(row.order_id), part=row.part, error=str(error))
            return False
        return True

    async def _delete(self, row: KeysRow) -> None:
        await self.storage.delete_part(row.order_id, row.part)
        async with self.pool.acquire() as connection, connection.transaction():
            if await keys.bury(connection, row.id):
                detail = {"part": row.part, "reason": "retention"}
                await append(connection, self.outbox, Entry(row.order_id, "keys.deleted", detail=detail))
        self.outbox.committed()
