"""One instance's outbox rows, over a connection of its own.

The connection holds the instance's advisory lock: while it lives, nobody adopts the rows. `database_url` must
lead to PostgreSQL itself or to a pooler in session mode; a transaction pooler would lose the lock.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple, Self
from uuid import UUID

import asyncpg

from bitloot_common import db
from bitloot_common.outbox import Outbox

# Statements with more to do (an adoption of a long backlog) get ADOPT_TIMEOUT_S.
STATEMENT_TIMEOUT_S: Final = 5.0
ADOPT_TIMEOUT_S: Final = 60.0

_READ = "select id, topic, key, headers, value from outbox where instance = $1 and id >= $2 order by id limit $3"

SETTLE: Final = """
delete from outbox using unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[])
    as published(id, topic, "partition", "offset")
where outbox.instance = $5 and outbox.id = published.id
"""

# A loose index scan: one step per instance, however many rows each has.
_OTHERS = """
with recursive instances(instance) as (
    select min(instance) from outbox
    union all
    select (select min(o.instance) from outbox o where o.instance > i.instance)
    from instances i where i.instance is not null
)
select instance from instances i
where instance <> $1 and exists (select from outbox o where o.instance = i.instance and o.service = $2)
"""

# Deletes may be lost in a crash: the row is then published once more with the same ce_id. The planner is told
# to use the indexes whatever the statistics say: they lag behind a table that fills and empties all the time.
# And not to plan each delete anew, which took longer than the delete.
_SESSION: Final = {
    "synchronous_commit": "off",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "idle_in_transaction_session_timeout": "60000",
}

_BEGINNING: Final = UUID(int=0)


class Position(NamedTuple):
    """Where a row's message went."""

    id: UUID
    topic: str
    partition: int
    offset: int


class Rows:
    """The rows to publish, oldest first. Every method raises OSError, TimeoutError or an asyncpg error when
    the database does not answer; the connection is then to be terminated, not used again."""

    def __init__(self, connection: db.OwnConnection, outbox: Outbox, settle: str) -> None:
        self._connection = connection
        self._outbox = outbox
        self._settle = settle
        self._locked = False

    @classmethod
    async def open(cls, database_url: str, outbox: Outbox, settle: str) -> Self:
        """Connects and takes the instance's lock."""
        connection = await asyncpg.connect(
            database_url,
            timeout=STATEMENT_TIMEOUT_S,
            server_settings={**_SESSION, "application_name": f"bitloot-{outbox.service}-relay"},
        )
        rows = cls(connection, outbox, settle)
        try:
            async with asyncio.timeout(STATEMENT_TIMEOUT_S):
                await db.prepare(connection)
                await rows._lock()
        except BaseException:
            connection.terminate()
            raise
        return rows

    async def _lock(self) -> None:
        """Tries only: the lock may still be held by our own last connection's backend, or by an adopter."""
        if not self._locked:
            self._locked = await self._connection.fetchval("select pg_try_advisory_lock($1)", self._outbox.instance)

    async def read(self, bound: UUID | None, limit: int) -> list[asyncpg.Record]:
        """Up to `limit` rows with an id of at least `bound`, oldest first."""
        async with asyncio.timeout(STATEMENT_TIMEOUT_S):
            return await self._connection.fetch(_READ, self._outbox.instance, bound or _BEGINNING, limit)

    async def settle(self, positions: Sequence[Position]) -> None:
        """Deletes what is on its topic."""
        async with asyncio.timeout(STATEMENT_TIMEOUT_S):
            await self._connection.execute(
                self._settle,
                [position.id for position in positions],
                [position.topic for position in positions],
                [position.partition for position in positions],
                [position.offset for position in positions],
                self._outbox.instance,
            )

    async def adopt(self) -> int:
        """Takes over the rows of dead instances of the same service. Returns how many instances.

        An instance is dead when its lock is free. Its other backends may outlive the one that held the lock
        and still commit a row, so this is to be called again and again.
        """
        async with asyncio.timeout(ADOPT_TIMEOUT_S):
            await self._lock()
            others = await self._connection.fetch(_OTHERS, self._outbox.instance, self._outbox.service)
            return sum([await self._adopt(other["instance"]) for other in others])

    async def _adopt(self, instance: int) -> bool:
        async with self._connection.transaction():
            if not await self._connection.fetchval("select pg_try_advisory_xact_lock($1)", instance):
                return False
            await self._connection.execute(
                "update outbox set instance = $1 where instance = $2 and service = $3",
                self._outbox.instance,
                instance,
                self._outbox.service,
            )
        return True

    def terminate(self) -> None:
        """Drops the connection at once, whatever it is doing."""
        self._connection.terminate()

    async def close(self, deadline_s: float) -> None:
        """Says goodbye within the deadline in seconds, else drops the connection."""
        try:
            await self._connection.close(timeout=deadline_s)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._connection.terminate()
