"""An operator's desk: the table, or the topics alone when the database is away."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from uuid import UUID

import asyncpg

from bitloot_common import db
from bitloot_common.deadletters import acts, table, topic
from bitloot_common.deadletters.effect import effect
from bitloot_common.deadletters.letter import DeadLetter
from bitloot_common.deadletters.record import Record, write
from bitloot_common.deadletters.replay import Sender, Sending
from bitloot_common.deadletters.selection import Selection

LIMIT_MAX = 100_000
CONNECT_S_MAX = 5.0


class DatabaseAway(Exception):
    """The table cannot be reached; the topics may be."""


class Desk:
    """One act at a time, each with a connection of its own. Without a database it reads and sends only.

    Every method raises DatabaseAway, or KafkaError or TimeoutError, when a server does not answer.
    """

    def __init__(
        self, bootstrap_servers: Callable[[], str], database_url: str | None, *, from_topic: bool = False
    ) -> None:
        """`from_topic`: letters are read from the topics; the database, where it answers, is for the audit log only."""
        self._bootstrap_servers = bootstrap_servers
        self._database_url = database_url
        self._from_topic = from_topic

    async def find(self, selection: Selection, *, limit: int = LIMIT_MAX) -> list[DeadLetter]:
        """The letters that `selection` means, newest first."""
        if self._from_topic:
            letters = [letter async for letter in topic.read(self._bootstrap_servers(), selection)]
            return sorted(letters, key=lambda letter: letter.dead_at, reverse=True)[:limit]
        async with self._connected() as connection:
            return await table.find(connection, selection, limit=limit)

    async def effects(self, letters: Sequence[DeadLetter]) -> dict[UUID, str]:
        """What a replay of each would change, as admin's page tells it too."""
        if self._from_topic:
            return {}
        async with self._connected() as connection:
            handled = await table.handled(connection, letters)
            statuses = await table.order_statuses(connection, letters)
            away = await table.away(connection)
        return {each.id: effect(each, handled, statuses, away) for each in letters}

    async def replay(
        self,
        sendings: Sequence[Sending],
        *,
        rate_per_s: float | None,
        actor: str,
        reason: str | None,
        edited: bool,
        progress: acts.Progress,
    ) -> acts.Report:
        """Sends `sendings` and marks them as replayed; from the topics also when the database is away, and then
        the report says which have no audit row."""
        async with Sender(self._bootstrap_servers(), rate_per_s) as sender, AsyncExitStack() as stack:
            lend: acts.Lend | None = None
            try:
                connection = await stack.enter_async_context(self._connected())
                lend = _always(connection)
            except DatabaseAway:
                if not self._from_topic:
                    raise
            return await acts.replay(
                sender,
                sendings,
                lend,
                actor=actor,
                reason=reason,
                edited=edited,
                progress=progress,
                without_audit=self._from_topic,
            )

    async def record(self, record: Record) -> tuple[set[UUID], set[str]]:
        """Writes what was replayed while the database was away; see `record.write`."""
        async with self._connected() as connection:
            return await write(connection, record)

    async def discard(self, ids: Sequence[UUID], *, actor: str, reason: str | None) -> set[UUID]:
        """Those of `ids` that were open until now."""
        async with self._connected() as connection:
            return await table.discard(connection, ids, actor=actor, reason=reason)

    async def restore(self, ids: Sequence[UUID], *, actor: str, reason: str | None) -> set[UUID]:
        """Those of `ids` that were discarded until now."""
        async with self._connected() as connection:
            return await table.restore(connection, ids, actor=actor, reason=reason)

    @asynccontextmanager
    async def _connected(self) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
        if self._database_url is None:
            raise DatabaseAway("no database is configured")
        try:
            connection = await asyncpg.connect(self._database_url, timeout=CONNECT_S_MAX)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DatabaseAway(f"the database did not answer ({type(error).__name__})") from error
        try:
            await db.prepare(connection)
            yield connection
        finally:
            await connection.close()


def _always(connection: db.Connection) -> acts.Lend:
    return lambda: nullcontext(connection)
