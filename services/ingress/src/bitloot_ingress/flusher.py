"""A flusher: takes what waits in the sink and commits it in one statement, again and again.

It owns its connection: of a pool's, release waits for the server, and an answer would not come in time.
"""

import asyncio
import time

import asyncpg
import structlog
from bitloot_common.db import OwnConnection
from bitloot_common.outbox import Outbox
from prometheus_client import Counter, Gauge, Histogram

from bitloot_ingress import store
from bitloot_ingress.duplicates import Duplicates
from bitloot_ingress.sink import Item, Sink, Stored

log = structlog.get_logger(__name__)

BATCH_MAX = 256
FLUSH_TIMEOUT_S = 1.2
CONNECT_TIMEOUT_S = 2.0
RETRY_S_MIN = 0.1
RETRY_S_MAX = 1.0

_SIZE = Histogram("bitloot_webhook_batch_size", "Webhooks per commit.", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256))
_SECONDS = Histogram(
    "bitloot_webhook_commit_seconds",
    "One commit of a batch.",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5),
)
_FAILURES = Counter("bitloot_webhook_commit_failures_total", "Batches answered 503 because their commit failed.")
_UP = Gauge("bitloot_webhook_flushers_up", "Flushers with a connection to PostgreSQL.")


class Flusher:
    """One connection's loop. Run it as an agent: it comes back from everything but cancellation."""

    def __init__(self, sink: Sink, outbox: Outbox, duplicates: Duplicates, database_url: str) -> None:
        self._sink = sink
        self._outbox = outbox
        self._duplicates = duplicates
        self._database_url = database_url

    async def run(self) -> None:
        """Connects, flushes until something fails, connects again."""
        retry_s = RETRY_S_MIN
        while True:
            try:
                connection, statement = await self._connect()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("webhook.flusher.waiting", error=type(error).__name__)
                await asyncio.sleep(retry_s)
                retry_s = min(retry_s * 2, RETRY_S_MAX)
                continue
            retry_s = RETRY_S_MIN
            # an idle flusher learns of a lost connection at once, not by its next batch
            connection.add_termination_listener(lambda _: self._sink.interrupt(self))
            self._sink.flusher_up()
            _UP.inc()
            try:
                await self._flush_forever(statement)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("webhook.flusher.failed", error=type(error).__name__)
            finally:
                connection.terminate()  # `close()` would wait for a server that does not answer
                self._sink.flusher_down(self)
                _UP.dec()

    async def _connect(self) -> tuple[OwnConnection, store.Statement]:
        """All that may wait for a server that does not answer, within a time; only then is the sink told."""
        connection: OwnConnection = await asyncpg.connect(
            self._database_url,
            timeout=CONNECT_TIMEOUT_S,
            # planned once: planning a small batch takes as long as inserting it
            server_settings={"application_name": "bitloot-ingress-flusher", "plan_cache_mode": "force_generic_plan"},
        )
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                return connection, await store.prepare(connection)
        except BaseException:
            connection.terminate()
            raise

    async def _flush_forever(self, statement: store.Statement) -> None:
        while True:
            batch = await self._sink.take(BATCH_MAX, self)
            try:
                await self._flush(statement, batch)
            except BaseException:
                # Whether it committed is not known. The provider comes again; if it did, that is a duplicate,
                # and the relay finds the outbox row in the table.
                _FAILURES.inc()
                for item in batch:
                    item.resolve(Stored.UNAVAILABLE)
                raise

    async def _flush(self, statement: store.Statement, batch: list[Item]) -> None:
        started = time.monotonic()
        # by unique key, so that two processes lock in one order; of copies within the batch the first is kept
        unique: dict[tuple[str, str, str], Item] = {}
        for item in batch:
            unique.setdefault(item.unique_key, item)
        rows = [unique[key] for key in sorted(unique)]
        async with asyncio.timeout(FLUSH_TIMEOUT_S):
            inserted = await store.insert_webhooks(statement, self._outbox, rows)
        for item in batch:
            if item.id in inserted:
                item.resolve(Stored.FIRST)
            else:
                self._duplicates.seen(item.unique_key)
                item.resolve(Stored.DUPLICATE)
        if inserted:
            self._outbox.committed()
        _SIZE.observe(len(batch))
        _SECONDS.observe(time.monotonic() - started)
