"""A lane: one consumer, its window, and the tasks that work its records.

The main topics of a service share one lane; each step of the ladder has its own. A lane fetches while
there is room, starts each record when it is due, and commits behind what is settled. It never sleeps past
a poll: `getmany` is called at least every half second, whatever hangs, so membership never lapses.

Partitions are held back by not asking for them: `getmany(*those with room)`. Unlike `pause` this throws no
fetched data away, and there is no state that a rebalance could forget.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaConnectionError, KafkaError

from bitloot_common.retry import metrics
from bitloot_common.retry.breaker import Breaker
from bitloot_common.retry.message import now_ms
from bitloot_common.retry.reader import Reader
from bitloot_common.retry.slots import Slots
from bitloot_common.retry.window import Record, Window

log = structlog.get_logger(__name__)

# Works one record, its handler within a slot. None: settled, durable. A breaker: not now, ask again after
# its turn (the bool says whether this record has had one).
Work = Callable[[Record, bool, Slots], Awaitable[Breaker | None]]

POLL_S_MAX = 0.5
POLL_S_HELD = 0.05  # while partitions are held back: how soon new room is noticed
BATCH_MAX = 100  # records begun in one turn of the loop: more would hold up everyone else's due times
COMMIT_INTERVAL_S = 0.1
STOP_S_MAX = 5.0
NOTHING = TopicPartition("", -1)  # getmany() without partitions means all of them; with this one, none


@dataclass(frozen=True, slots=True)
class Limits:
    """How much at once, how long."""

    concurrency: int  # of one topic (on a step: of one subscription); what others have beside it: slots.py
    partition_window: int
    total_window: int
    retries_per_s: int = 2_000  # what one process does on time: bounds how fast messages may begin to fail
    drain_s: float = 20.0  # a rebalance waits so long for running handlers, then takes them away
    session_timeout_s: float = 10.0


class Lane(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Runs from `start` to `stop`; the ladder gives it its `work`. `held` says of a topic, with so many of its
    records in flight, whether to fetch no more of it."""

    def __init__(
        self,
        service: str,
        group: str,
        topics: Iterable[str],
        work: Work,
        limits: Limits,
        client: Mapping[str, Any],
        *,
        due_at: Callable[[Record], int] | None = None,
        held: Callable[[str, int], bool] | None = None,
    ) -> None:
        self.group = group
        self.topics = sorted(topics)
        self.assigned = asyncio.Event()
        self.consumer: AIOKafkaConsumer | None = None
        self._reader: Reader | None = None
        self._service = service
        self._work = work
        self._limits = limits
        self._due_at = due_at
        self._held = held
        self._client = client
        self._window = self._new_window()
        self._waiting: list[tuple[int, int, Record]] = []
        self._sequence = count()
        self._slots = Slots(limits.concurrency)
        self._chains: set[asyncio.Task[None]] = set()
        self._settled = asyncio.Event()
        self._in_flight = metrics.IN_FLIGHT.labels(service, group)
        self._restarts = metrics.LANE_RESTARTS.labels(service, group)
        self._tasks: list[asyncio.Task[None]] = []

    # Life

    def start(self) -> None:
        """Starts in the background; `assigned` is set once the group gave this consumer its share."""
        loops = {"consume": self._consume_for_ever, "commit": self._commit_for_ever}
        self._tasks = [asyncio.create_task(loop(), name=f"{name} {self.group}") for name, loop in loops.items()]

    async def stop(self, deadline_s: float) -> None:
        """Fetches no more, finishes what runs within the deadline, hands the rest back, leaves the group."""
        fetching, committing = self._tasks
        fetching.cancel()
        await asyncio.wait([fetching], timeout=STOP_S_MAX)
        await self._hand_back(deadline_s)
        committing.cancel()
        await self._stop_consumer()

    async def check(self) -> None:
        """For readiness: raises unless the lane has its assignment and its tasks live."""
        if not self.assigned.is_set() or any(task.done() for task in self._tasks):
            raise RuntimeError(f"{self.group} has no assignment")
        for place, offset in self._reader.unreadable().items() if self._reader else ():
            from bitloot_common.health import Degraded  # here, as FastAPI is most of a worker's start-up time

            raise Degraded(f"{place.topic}/{place.partition} cannot be read from offset {offset} on")

    # Fetching

    async def _consume_for_ever(self) -> None:
        while True:
            try:
                await self._consume()
            except Exception as error:
                if isinstance(error, KafkaConnectionError):
                    log.warning("consumer.no_broker", group=self.group, error=str(error))
                else:
                    log.exception("consumer.failed", group=self.group)
                self._restarts.inc()
                await self._hand_back(self._limits.drain_s)
                await self._stop_consumer()
                await asyncio.sleep(1)

    async def _consume(self) -> None:
        self.consumer = consumer = AIOKafkaConsumer(
            group_id=self.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(self._limits.session_timeout_s * 1000),
            heartbeat_interval_ms=int(self._limits.session_timeout_s * 1000 / 4),
            rebalance_timeout_ms=int(self._limits.drain_s * 1000) + 10_000,
            **self._client,
        )
        self._reader = reader = Reader(self._service, self.group, consumer, BATCH_MAX)
        consumer.subscribe(self.topics, listener=self)
        await consumer.start()
        while True:
            partitions = consumer.assignment()
            wanted, doubtful = reader.sort(partition for partition in partitions if self._is_wanted(partition))
            timeout_s = POLL_S_MAX if len(wanted) == len(partitions) else POLL_S_HELD
            timeout_s = min(timeout_s, self._next_due_s())
            taken = await self._fetch(reader, wanted or [NOTHING], timeout_s)
            if taken and self._due_at is not None:
                # aiokafka empties one partition before the next, which may hold what is due before
                for partition in set(wanted) - taken:
                    await self._fetch(reader, [partition], 0)
            for partition in doubtful:
                for _ in range(BATCH_MAX):
                    if not await self._fetch(reader, [partition], 0):
                        break
            self._release()
            self._in_flight.set(self._window.size)
            await asyncio.sleep(0)

    def _is_wanted(self, partition: TopicPartition) -> bool:
        topic, window = partition.topic, self._window
        return window.has_room(partition) and not (self._held and self._held(topic, window.size_of(topic)))

    async def _fetch(
        self, reader: Reader, partitions: Iterable[TopicPartition], timeout_s: float
    ) -> set[TopicPartition]:
        """Takes what there is of `partitions`; returns those that had something."""
        batch = await reader.read(partitions, timeout_s)
        # Nothing awaits between the fetch and here, so no rebalance can come between.
        for partition, records in batch.items():
            self._take(partition, records)
        return set(batch)

    def _take(self, partition: TopicPartition, records: list[Record]) -> None:
        for record in records:
            self._window.take(partition, record)
            if self._due_at is None:
                self._begin(record)
            else:
                heapq.heappush(self._waiting, (self._due_at(record), next(self._sequence), record))

    def _next_due_s(self) -> float:
        return max(0.0, (self._waiting[0][0] - now_ms()) / 1000) if self._waiting else POLL_S_MAX

    def _release(self) -> None:
        """Begins what is due, in the order of due times; what is left over is due at the next turn."""
        for _ in range(BATCH_MAX):
            if not self._waiting or self._waiting[0][0] > now_ms():
                return
            self._begin(heapq.heappop(self._waiting)[2])

    # Working

    def _begin(self, record: Record) -> None:
        # On a step, due times are the order: a retried message was overtaken by its key long ago.
        chain = self._window.chain(record) if self._due_at is None else deque([record])
        if chain is not None:
            task = asyncio.create_task(self._work_chain(self._window, chain))
            self._chains.add(task)
            task.add_done_callback(self._chains.discard)

    async def _work_chain(self, window: Window, chain: deque[Record]) -> None:
        while chain and not window.closed:
            record = chain[0]
            breaker = await self._work_one(record, had_turn=False)
            while breaker is not None:
                if window.closed:
                    return
                await breaker.turn()
                breaker = await self._work_one(record, had_turn=True)
            window.settle(record, chain)
            self._settled.set()

    async def _work_one(self, record: Record, *, had_turn: bool) -> Breaker | None:
        try:
            while True:
                try:
                    return await self._work(record, had_turn, self._slots)
                except Exception:  # a fault of ours must stop the record, never lose it
                    log.exception("ladder.failed", topic=record.topic, offset=record.offset)
                    await asyncio.sleep(1)
        finally:
            self._slots.settled()

    # Committing

    async def _commit_for_ever(self) -> None:
        while True:
            await self._settled.wait()
            self._settled.clear()
            await self._commit(self._window)
            await asyncio.sleep(COMMIT_INTERVAL_S)

    async def _commit(self, window: Window) -> None:
        offsets = window.uncommitted()
        if not offsets or self.consumer is None:
            return
        try:
            # A consumer that is closed meanwhile would try for ever.
            async with asyncio.timeout(STOP_S_MAX):
                await self.consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            log.info("consumer.commit_refused", group=self.group, error=str(error))
        except Exception as error:  # whatever it is, these offsets are tried again and nothing else stops
            known = isinstance(error, KafkaError | TimeoutError)
            log.warning("consumer.commit_failed", group=self.group, error=repr(error), exc_info=not known)
            self._settled.set()
        else:
            window.committed(offsets)

    # Changing hands

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:  # noqa: ARG002  (always all)
        """Before partitions move: finish what runs, commit, drop the rest. The next owner starts there."""
        self.assigned.clear()
        await self._hand_back(self._limits.drain_s)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """A new share of the topics, from the committed offsets on."""
        self.assigned.set()
        log.info("consumer.assigned", group=self.group, partitions=[f"{p.topic}/{p.partition}" for p in assigned])

    async def _hand_back(self, deadline_s: float) -> None:
        window, self._window = self._window, self._new_window()
        window.closed = True
        if self._reader is not None:
            self._reader.forget()
        self._waiting.clear()
        running = {task for task in self._slots.running if task is not None}
        for task in self._chains - running:
            task.cancel()
        if running:
            _, unfinished = await asyncio.wait(running, timeout=deadline_s)
            for task in unfinished:
                task.cancel()
            if unfinished:
                log.warning("consumer.handed_back", group=self.group, unfinished=len(unfinished))
        if self._chains:
            await asyncio.wait(set(self._chains), timeout=1)
        await self._commit(window)

    def _new_window(self) -> Window:
        return Window(self._limits.partition_window, self._limits.total_window, topics=len(self.topics))

    async def _stop_consumer(self) -> None:
        """aiokafka's stop may wait without end while the broker is away, and may raise what is not ours."""
        consumer, self.consumer = self.consumer, None
        self.assigned.clear()
        if consumer is not None:
            if consumer._coordinator is not None:
                # A static member never leaves by itself, and its partitions would idle until its session
                # ends. That is meant for a crash; who stops in good order says so.
                consumer._coordinator._group_instance_id = None
            stopping = asyncio.ensure_future(consumer.stop())
            await asyncio.wait([stopping], timeout=STOP_S_MAX)
            stopping.cancel()
