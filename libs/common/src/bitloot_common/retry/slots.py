"""Places for handlers at work, such that no topic's slow handlers can take them all.

Every topic has a few places of its own (its reserve); the rest is everybody's. A topic that is busy alone gets as
many as there are; one whose handlers hang takes no more than that, and the others go on in their reserves.
"""

import asyncio
from collections import deque
from types import TracebackType
from typing import Any


class Slots:
    """The places of one lane. Who had one counts as running until settled."""

    def __init__(self, count: int) -> None:
        """`count`: how many one topic may have; with several at work there are more, by their reserves."""
        self.running: set[asyncio.Task[Any] | None] = set()
        self.reserve = max(1, count // 4)
        self._shared = count - self.reserve
        self._places: dict[str, Places] = {}

    def of(self, topic: str) -> "Places":
        """What a handler of `topic` goes into, `async with`."""
        places = self._places.get(topic)
        if places is None:
            places = self._places[topic] = Places(self)
        return places

    def settled(self) -> None:
        """The current task's record needs no waiting for any more."""
        self.running.discard(asyncio.current_task())

    def take_shared(self) -> bool:
        """One of everybody's places, if there is one left."""
        if self._shared == 0:
            return False
        self._shared -= 1
        return True

    def free_shared(self) -> None:
        """One of everybody's places is free: it goes to those who wait, topics in turns."""
        self._shared += 1
        for topic, places in list(self._places.items()):
            if self._shared == 0:
                return
            if places.let_in():
                self._places[topic] = self._places.pop(topic)


class Places:
    """One topic's view of the places: its own first, then everybody's."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if self._somebody_waits() or not self._take():
            ticket: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(ticket)
            try:
                await ticket
            except asyncio.CancelledError:
                if not ticket.cancelled():  # let in and taken away in the same moment
                    self._give_back()
                raise
        self._slots.running.add(asyncio.current_task())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_back()

    def let_in(self) -> bool:
        """Whether somebody waited and now has a place."""
        if not self._somebody_waits() or not self._take():
            return False
        self._waiting.popleft().set_result(None)
        return True

    def _somebody_waits(self) -> bool:
        while self._waiting and self._waiting[0].done():  # taken away while it waited
            self._waiting.popleft()
        return bool(self._waiting)

    def _take(self) -> bool:
        if self._taken >= self._slots.reserve and not self._slots.take_shared():
            return False
        self._taken += 1
        return True

    def _give_back(self) -> None:
        self._taken -= 1
        if self._taken >= self._slots.reserve:
            self._slots.free_shared()
        else:
            self.let_in()
