"""Keeps at hand what Kinguin says of region and activation, so that no delivery and no page ever waits for it.

Asked beside the orders, product by product of the catalogue; an answer that does not come leaves the page
without the notes, or with the old ones, and nothing else.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from bitloot_common.db import Pool
from bitloot_common.retry import Failure
from bitloot_kinguin import Kinguin

from bitloot_delivery.store import notes

log = structlog.get_logger(__name__)

BATCH: Final = 20
RETRY: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class NoteProducts:
    """Notes what is due, every `interval_s` seconds. Any number of instances may run it at once."""

    pool: Pool
    kinguin: Kinguin
    keep: timedelta
    interval_s: float

    async def run(self) -> None:
        """For ever."""
        while True:
            await self()
            await asyncio.sleep(self.interval_s)

    async def __call__(self) -> int:
        """How many products were noted."""
        noted = 0
        while due := await self._due():
            for product_id in due:
                noted += await self._note(product_id)
        return noted

    async def _due(self) -> list[str]:
        async with self.pool.acquire() as connection:
            return await notes.claim_due(connection, keep=self.keep, retry=RETRY, limit=BATCH)

    async def _note(self, product_id: str) -> bool:
        try:
            found = await self.kinguin.notes(product_id)
        except Failure as error:
            log.info("delivery.notes.missing", product_id=product_id, error=str(error))
            return False
        async with self.pool.acquire() as connection:
            await notes.note(connection, product_id, found)
        return True
