"""Counts of repeated webhooks: gathered in memory, written once a second. Not part of the promise.

Rows locked by somebody else (the relay notes where a webhook went) are skipped and tried a second later: a
writer that never waits cannot be in a deadlock.
"""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime

import asyncpg
import structlog
from bitloot_common.db import Pool

from bitloot_ingress import store

log = structlog.get_logger(__name__)

WRITE_EVERY_S = 1.0
KEYS_MAX = 10_000

Key = tuple[str, str, str]


class Duplicates:
    """The agent that keeps `webhook_logs.duplicates` and `last_seen_at` about right."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._counts: dict[Key, int] = defaultdict(int)
        self._last_seen: dict[Key, datetime] = {}

    def seen(self, key: Key) -> None:
        """One more copy of a webhook that is there already."""
        if key in self._counts or len(self._counts) < KEYS_MAX:
            self._counts[key] += 1
            self._last_seen[key] = datetime.now(UTC)

    async def run(self) -> None:
        """Writes once a second what has gathered."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            try:
                await self.write()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("webhook.duplicates.unwritten", error=type(error).__name__, count=len(self._counts))

    async def write(self) -> None:
        """Writes what has gathered; what could not be written stays for the next time."""
        if not self._counts:
            return
        seen = [(key, count, self._last_seen[key]) for key, count in self._counts.items()]
        written = await store.add_duplicates(self._pool, seen)
        for key, count, _ in seen:
            if key in written:
                self._counts[key] -= count
                if not self._counts[key]:
                    del self._counts[key], self._last_seen[key]
