"""The entrance: how fast messages may begin to fail, so that those which failed before are retried on time.

A retry is work promised for a certain moment, and who fails once may fail at every step. Failures taken in as
fast as they come are due later all together, more than anybody can work off on time. So first attempts go in by
a door with a number of places, one door per topic:

    first attempt ─▶ takes a place ─▶ goes well ─▶ gives it back at once
                                   └▶ sent up the ladder: the place stays taken, and is free again when its turn
                                      comes at a steady rate: what this process can retry on time

A topic that is well never waits. One that fails faster than it can be retried waits on its main topic, where no
due time was promised; other topics have doors of their own. While retries run late, all doors are slower.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Final

from bitloot_common.retry import metrics

TICK_S: Final = 0.02
LATE_S: Final = 0.05  # a retry that begins so much after its due time is late
LATE_FOR_S: Final = 0.25  # how long one late retry counts
SLOW: Final = 0.05  # of the usual rate, while retries are late: never nothing, or one stuck handler stops a topic


class Entrance:
    """One topic's door: `async with` around a first attempt, `keep` when it is sent up the ladder."""

    def __init__(self, places: int, per_s: float) -> None:
        """`per_s`: how many kept places a second become free again."""
        self.per_s = per_s
        self._places = places
        self._inside = 0
        self._kept = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many first attempts stand outside."""
        return len(self._waiting)

    @property
    def crowded(self) -> bool:
        """Whether to fetch no more for now."""
        return self._kept >= self._places / 2

    def keep(self) -> None:
        """A message went up the ladder."""
        self._kept += 1

    def free(self, places: float) -> None:
        """So many kept places may be taken again."""
        if self._kept:
            self._kept = max(0.0, self._kept - places)
            self._let_in()

    async def __aenter__(self) -> None:
        if not self._waiting and self._has_room():
            self._inside += 1
            return
        ticket: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(ticket)
        try:
            await ticket
        except asyncio.CancelledError:
            if not ticket.cancelled():  # let in and taken away in the same moment
                self._leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        self._inside -= 1
        self._let_in()

    def _has_room(self) -> bool:
        return self._inside + self._kept < self._places

    def _let_in(self) -> None:
        while self._waiting and self._has_room():
            ticket = self._waiting.popleft()
            if not ticket.done():
                self._inside += 1
                ticket.set_result(None)


class Doorkeeper:
    """Frees kept places at the doors' rates, slower while retries are late."""

    def __init__(self, service: str, now_s: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._now_s = now_s
        self._late_until = 0.0

    def began(self, late_s: float) -> None:
        """A retry began so long after its due time."""
        if late_s > LATE_S:
            self._late_until = self._now_s() + LATE_FOR_S

    def free(self, entrances: Iterable[Entrance], passed_s: float) -> None:
        """Frees what became free in that time."""
        share = SLOW if self._now_s() < self._late_until else 1.0
        for entrance in entrances:
            entrance.free(entrance.per_s * passed_s * share)

    async def keep_freeing(self, by_topic: Mapping[str, Entrance]) -> None:
        """Runs for ever."""
        waiting = {topic: metrics.PACED.labels(self._service, topic) for topic in by_topic}
        last_s = self._now_s()
        while True:
            await asyncio.sleep(TICK_S)
            now_s = self._now_s()
            self.free(by_topic.values(), now_s - last_s)
            last_s = now_s
            for topic, entrance in by_topic.items():
                waiting[topic].set(entrance.waiting)
