"""An operator's desk: the table, or the topics alone when the database is away."""

import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from uuid import UUID

import asyncpg

from bitloot_common import db
from bitloot_common.deadletters import acts, table, topic
from bitloot_common.deadletters.database import DatabaseAway, database_errors
from bitloot_common.deadletters.effect import effect
from bitloot_common.deadletters.letter import DeadLetter
from bitloot_common.deadletters.record import Record, write
from bitloot_common.deadletters.replay import Sender, Sending
from bitloot_common.deadletters.selection import Selection

CONNECT_S_MAX = 5.0
COMMAND_S_MAX = 30.0
CLOSE_S_MAX = 2.0


class Desk:
    """One act at a time, each with a connection of its own. Without a database it reads and sends only.

    Every method raises DatabaseAway, or KafkaError or TimeoutError, when a server does not answer.
    """

    def __init__(
        self, bootstrap_servers: Callable[[], str], database_url: str | None, *, from_topic: bool = False
    ) -> None:
        """`from_topic`: letters are read from the topics; the database, where it answers, says what became of them
        and takes the audit rows."""
        self._bootstrap_servers = bootstrap_servers
        self._database_url = database_url
        self._from_topic = from_topic
        self.knows_states = True

    async def find(self, selection: Selection, *, limit: int) -> list[DeadLetter]:
        """The letters that `selection` means, newest first. Where the topics were read and the database did not
        answer, `knows_states` is False then, and every letter passes for open."""
        if not self._from_topic:
            async with self._connected() as connection:
                return await table.find(connection, selection, limit=limit)
        letters = await self._from_topics(selection)
        return sorted(letters, key=lambda letter: letter.dead_at, reverse=True)[:limit]

    async def all_of(self, selection: Selection) -> list[DeadLetter]:
        """As `find`, whole. Raises TooMany."""
        if not self._from_topic:
            async with self._connected() as connection:
                return await table.all_of(connection, selection)
        letters = await self.find(selection, limit=sys.maxsize)
        if len(letters) > table.LIMIT_MAX:
            raise table.TooMany(len(letters))
        return letters

    async def effects(self, letters: Sequence[DeadLetter]) -> dict[UUID, str]:
        """What a replay of each would change, as admin's page tells it too; nothing where only topics answer."""
        try:
            async with self._connected() as connection:
                handled = await table.handled(connection, letters)
                statuses = await table.order_statuses(connection, letters)
                away = await table.away(connection)
        except DatabaseAway:
            if not self._from_topic:
                raise
            return {}
        return {each.id: effect(each, handled, statuses, away) for each in letters}

    async def replay(
        self,
        sendings: Sequence[Sending],
        report: acts.Report,
        *,
        rate_per_s: float | None,
        actor: str,
        reason: str | None,
        edited: bool,
        progress: acts.Progress,
    ) -> None:
        """Sends `sendings` and marks them as replayed; from the topics also when the database is away. `report` is
        filled in on the way: however this ends, it says what was sent and what of it has no audit row."""
        async with Sender(self._bootstrap_servers(), rate_per_s) as sender, AsyncExitStack() as stack:
            lend: acts.Lend | None = None
            try:
                connection = await stack.enter_async_context(self._open())
                lend = _always(connection)
            except DatabaseAway:
                if not self._from_topic:
                    raise
            await acts.replay(
                sender,
                sendings,
                lend,
                actor=actor,
                reason=reason,
                edited=edited,
                progress=progress,
                without_audit=self._from_topic,
                report=report,
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

    async def _from_topics(self, selection: Selection) -> list[DeadLetter]:
        of_any_state = replace(selection, state=None)
        letters = [letter async for letter in topic.read(self._bootstrap_servers(), of_any_state)]
        try:
            async with self._connected() as connection:
                letters = await table.with_states(connection, letters)
        except DatabaseAway:
            self.knows_states = False
        return [letter for letter in letters if selection.matches(letter)]

    @asynccontextmanager
    async def _connected(self) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
        """A connection whose errors are ours."""
        async with self._open() as connection:
            with database_errors():
                yield connection

    @asynccontextmanager
    async def _open(self) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
        """A connection; raises DatabaseAway when there is none to be had."""
        if self._database_url is None:
            raise DatabaseAway("no database is configured")
        with database_errors():
            connection = await asyncpg.connect(self._database_url, timeout=CONNECT_S_MAX, command_timeout=COMMAND_S_MAX)
        try:
            with database_errors():
                await db.prepare(connection)
            yield connection
        finally:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=CLOSE_S_MAX)


def _always(connection: db.Connection) -> acts.Lend:
    return lambda: nullcontext(connection)
