"""The relay's loop: read, publish, wait for every acknowledgement, delete; again until nothing is left.

Promises: every committed row is published at least once, always with the same `ce_id`; rows with one key
reach their topic in the order of their ids; a dead instance's rows are adopted by a live one of its service.
It never gives up: what is away (PostgreSQL, Kafka) is tried again until it is back.
"""

import asyncio
import contextlib
import time
from typing import Final
from uuid import UUID

import asyncpg
import structlog
from prometheus_client import Counter, Gauge, Histogram

from bitloot_common.health import Degraded
from bitloot_common.outbox import Outbox
from bitloot_common.relay.publisher import Publisher
from bitloot_common.relay.rows import SETTLE, Position, Rows

log = structlog.get_logger(__name__)

_PUBLISHED = Counter("bitloot_outbox_published_total", "Messages that the relay put on their topics.", ["service"])
_FAILURES = Counter("bitloot_outbox_failures_total", "Relay cycles that failed and were repeated.", ["service"])
_ADOPTED = Counter("bitloot_outbox_adopted_total", "Dead instances whose rows were adopted.", ["service"])
_AGE = Gauge("bitloot_outbox_oldest_age_seconds", "Age of the oldest message not yet published.", ["service"])
_DELAY = Histogram(
    "bitloot_outbox_delay_seconds",
    "From a message's id (made just before its commit) to its acknowledgement; the oldest of each batch.",
    ["service"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300),
)

ROWS_MAX: Final = 1000  # per cycle
POLL_S: Final = 0.5  # the net under the wake-up
# Between cycles under load, so that a batch gathers: a cycle costs us, PostgreSQL and Kafka a millisecond each,
# whatever is in it. The more there was, the more will come.
PAUSE_S_PER_ROW: Final = 0.00025
PAUSE_S_MIN: Final = 0.005
PAUSE_S_MAX: Final = 0.02
PAUSE_ROWS_MIN: Final = 4  # so many at once are load; a single order's next message is not kept waiting
RETRY_S_MIN: Final = 0.1
RETRY_S_MAX: Final = 1.0
START_TIMEOUT_S: Final = 15.0

# A long transaction anywhere keeps deleted rows in the index, and a read from its beginning walks over all of
# them (22 ms after 30 s of load, measured). So reads start a little below the last deleted row, and every few
# seconds one starts at the beginning, for a row whose transaction took longer than that to commit.
BOUND_MARGIN_MS: Final = 10_000
FULL_READ_EVERY_S: Final = 5.0

# A dead instance's backends may outlive it, so its lock is tried often after our start, then now and then.
ADOPT_EVERY_S: Final = 5.0
ADOPT_EVERY_S_FIRST: Final = 0.5
ADOPT_FIRST_S: Final = 10.0


class Relay:
    """Publishes the rows of one `Outbox`.

    `settle` replaces the statement that deletes published rows (parameters: ids, topics, partitions,
    offsets, as arrays, and the instance), for a service that wants to remember where its messages went.
    """

    def __init__(self, outbox: Outbox, *, database_url: str, bootstrap_servers: str, settle: str = SETTLE) -> None:
        self._outbox = outbox
        self._database_url = database_url
        self._bootstrap_servers = bootstrap_servers
        self._settle = settle
        self._rows: Rows | None = None
        self._publisher: Publisher | None = None
        self._task: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._stopping = False
        self._failing: str | None = None
        self._bound: UUID | None = None
        self._oldest: UUID | None = None
        self._started_at = self._full_read_at = self._adopted_at = float("-inf")
        self._failures = _FAILURES.labels(outbox.service)
        outbox.set_wake(self.wake)
        _AGE.labels(outbox.service).set_function(self._oldest_age_s)

    async def start(self) -> None:
        """Takes the instance's lock, then publishes in the background. Rows may be added from here on.

        Waits for PostgreSQL up to 15 seconds, then raises what it answered; does not wait for Kafka.
        """
        async with asyncio.timeout(START_TIMEOUT_S):
            while self._rows is None:
                try:
                    self._rows = await Rows.open(self._database_url, self._outbox, self._settle)
                except (OSError, TimeoutError, asyncpg.CannotConnectNowError):
                    await asyncio.sleep(RETRY_S_MAX)
        self._started_at = time.monotonic()
        self._task = asyncio.create_task(self._run(), name=f"relay-{self._outbox.service}")

    async def stop(self, deadline_s: float = 10.0) -> None:
        """Publishes what is left, as far as the deadline in seconds allows; the rest waits for an adopter."""
        self._stopping = True
        self._bound = None
        self.wake()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=deadline_s)
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._publisher is not None:
            await self._publisher.close()
        if self._rows is not None:
            await self._rows.close(1.0)

    def wake(self) -> None:
        """Rows have been committed."""
        self._woken.set()

    async def check(self) -> None:
        """For /readyz. Raises `Degraded` while messages wait in the outbox because a dependency is away."""
        if self._failing is not None:
            raise Degraded(self._failing)
        if self._publisher is None or not await self._answers(self._publisher):
            raise Degraded("Kafka does not answer; messages wait in the outbox")

    async def _answers(self, publisher: Publisher) -> bool:
        try:
            async with asyncio.timeout(1.0):
                return await publisher.reachable()
        except TimeoutError:
            return False

    async def _run(self) -> None:
        retry_s = RETRY_S_MIN
        while True:
            self._woken.clear()
            try:
                read, published = await self._cycle()
            except Exception as error:  # noqa: BLE001  (the relay never gives up; it says why it waits)
                await self._recover(error)
                await asyncio.sleep(retry_s)
                retry_s = min(retry_s * 2, RETRY_S_MAX)
                continue
            if self._failing is not None:
                log.info("outbox.relay.resumed")
            self._failing, retry_s = None, RETRY_S_MIN
            if self._stopping and not published:
                return
            if published >= PAUSE_ROWS_MIN:
                await asyncio.sleep(min(PAUSE_S_MAX, max(PAUSE_S_MIN, published * PAUSE_S_PER_ROW)))
            # There was no more when we read, and whoever has committed since has woken us. Rows that were read and
            # left (a partition's batch was full) go on at once, unless nothing goes at all (a row too large to send).
            if not published or read == published < ROWS_MAX:
                await self._wait()

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._woken.wait()

    async def _cycle(self) -> tuple[int, int]:
        """One round. Returns how many rows were read, and how many are published and gone."""
        if self._rows is None:
            self._rows = await Rows.open(self._database_url, self._outbox, self._settle)
        await self._adopt(self._rows)
        if self._publisher is None:
            self._publisher = await Publisher.open(self._bootstrap_servers, f"bitloot-{self._outbox.service}-relay")
        now = time.monotonic()
        if now - self._full_read_at >= FULL_READ_EVERY_S:
            self._bound, self._full_read_at = None, now
        rows = await self._rows.read(self._bound, ROWS_MAX)
        self._oldest = rows[0]["id"] if rows else None
        if not rows:
            return 0, 0
        positions, failure = await self._publisher.publish(rows)
        if positions:
            await self._rows.settle(positions)
            self._count(positions)
        if failure is not None:
            raise failure
        self._bound = _bound(rows, positions)
        return len(rows), len(positions)

    async def _adopt(self, rows: Rows) -> None:
        """Before our own newer rows are read, so that the adopted ones, being older, go first."""
        now = time.monotonic()
        every_s = ADOPT_EVERY_S_FIRST if now - self._started_at < ADOPT_FIRST_S else ADOPT_EVERY_S
        if now - self._adopted_at < every_s:
            return
        self._adopted_at = now
        adopted = await rows.adopt()
        if adopted:
            self._bound = None
            _ADOPTED.labels(self._outbox.service).inc(adopted)
            log.info("outbox.instances.adopted", count=adopted)

    async def _recover(self, error: Exception) -> None:
        """Lets go of both connections: after an unclear answer neither is to be trusted."""
        self._failures.inc()
        reason = f"{type(error).__name__}: {error}"
        if self._failing is None:
            log.warning("outbox.relay.waiting", reason=reason)
        self._failing = reason
        self._bound = None
        rows, self._rows = self._rows, None
        publisher, self._publisher = self._publisher, None
        if rows is not None:
            rows.terminate()
        if publisher is not None:
            await publisher.close()

    def _count(self, positions: list[Position]) -> None:
        _PUBLISHED.labels(self._outbox.service).inc(len(positions))
        _DELAY.labels(self._outbox.service).observe(self._oldest_age_s())

    def _oldest_age_s(self) -> float:
        return max(0.0, time.time() - _made_at_ms(self._oldest) / 1000) if self._oldest else 0.0


def _bound(rows: list[asyncpg.Record], positions: list[Position]) -> UUID:
    """Where the next read starts: the first row left behind, or else the last one, less the margin."""
    gone = {position.id for position in positions}
    edge = next((row["id"] for row in rows if row["id"] not in gone), rows[-1]["id"])
    return UUID(int=max(0, _made_at_ms(edge) - BOUND_MARGIN_MS) << 80)


def _made_at_ms(row_id: UUID) -> int:
    """A UUIDv7's first 48 bits: epoch milliseconds (RFC 9562, section 5.7)."""
    return row_id.int >> 80
