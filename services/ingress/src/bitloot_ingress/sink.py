"""The sink: webhooks waiting for their commit.

Promises: who submitted an item is told only after its batch has committed (`first` or `duplicate`), or hears
`UNAVAILABLE`; it is told within QUEUED_S_MAX + FLUSH_TIMEOUT_S (`flusher.py`), whatever PostgreSQL does.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID

# A request that has waited this long behind slow commits is refused rather than answered too late.
QUEUED_S_MAX = 1.0

# A commit costs the same, whatever is in it. While one is under way, a second is begun beside it only when so
# many wait, or one has waited so long (a slow disk, a stuck connection).
CROWD = 16
LINGER_S = 0.003


class Stored(Enum):
    """What became of an item."""

    FIRST = "accepted"
    DUPLICATE = "duplicate"
    UNAVAILABLE = "unavailable"


@dataclass(slots=True, eq=False)
class Item:
    """One verified webhook on its way to `webhook_logs` and, where `topic` is set, to the outbox."""

    id: UUID
    provider: str
    external_id: str
    event_type: str
    outcome: str
    body: bytes
    headers: str
    source_address: str
    secret_id: str
    trace_id: str
    topic: str | None = None
    key: str | None = None
    event_headers: str | None = None
    order_id: str | None = None
    payment_id: str | None = None
    reservation_id: str | None = None
    reason: str | None = None
    tell: Callable[[Stored], None] | None = None
    queued_at: float = field(default_factory=time.monotonic)

    @property
    def unique_key(self) -> tuple[str, str, str]:
        """What makes it unique, in the order in which every process locks."""
        return self.provider, self.external_id, self.event_type

    def resolve(self, stored: Stored) -> None:
        """Tells the request that waits, once."""
        tell, self.tell = self.tell, None
        if tell is not None:
            tell(stored)


class Sink:
    """A bounded queue; no linger while nobody is at a commit: whoever flushes takes what is there."""

    def __init__(self, pending_max: int) -> None:
        self._pending: deque[Item] = deque()
        self._pending_max = pending_max
        self._waiting: dict[object, asyncio.Future[None]] = {}
        self._committing: set[object] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._open = 0

    def __len__(self) -> int:
        return len(self._pending)

    def submit(self, item: Item, tell: Callable[[Stored], None]) -> None:
        """Queues `item`. `tell` is called once; with `UNAVAILABLE` at once while nobody flushes or too many wait.

        It must not raise: it is called by whoever flushes, between two other requests' answers.
        """
        item.tell = tell
        if not self._open or len(self._pending) >= self._pending_max:
            item.resolve(Stored.UNAVAILABLE)
            return
        self._pending.append(item)
        self._call_if_due()

    async def take(self, limit: int, taker: object) -> list[Item]:
        """Waits until something is there and takes up to `limit` of it. Too old ones are refused here.

        With this the taker's last batch is done. Raises ConnectionError when `interrupt(taker)` comes first.
        """
        self._committing.discard(taker)
        while True:
            while not self._is_due():
                called = asyncio.get_running_loop().create_future()
                self._waiting[taker] = called
                await called
            oldest = time.monotonic() - QUEUED_S_MAX
            taken: list[Item] = []
            while self._pending and len(taken) < limit:
                item = self._pending.popleft()
                if item.queued_at < oldest:
                    item.resolve(Stored.UNAVAILABLE)
                else:
                    taken.append(item)
            if taken:
                self._committing.add(taker)
                self._call_if_due()
                return taken

    def _is_due(self) -> bool:
        if not self._pending:
            return False
        if not self._committing or len(self._pending) >= CROWD:
            return True
        return time.monotonic() - self._pending[0].queued_at >= LINGER_S

    def _call_if_due(self) -> None:
        if self._is_due():
            self._call_one()
        elif self._pending and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LINGER_S, self._lingered)

    def _lingered(self) -> None:
        self._timer = None
        self._call_if_due()

    def _call_one(self) -> None:
        while self._waiting:
            called = self._waiting.pop(next(iter(self._waiting)))
            if not called.done():
                called.set_result(None)
                return

    def interrupt(self, taker: object) -> None:
        """`taker` can no longer flush; if it waits, it is told."""
        called = self._waiting.pop(taker, None)
        if called is not None and not called.done():
            called.set_exception(ConnectionError("the connection was lost"))

    def flusher_up(self) -> None:
        """A flusher has a connection."""
        self._open += 1

    def flusher_down(self, taker: object = None) -> None:
        """A flusher lost its connection; with the last one everything that waits is refused."""
        self._open -= 1
        self._committing.discard(taker)
        if self._open:
            self._call_if_due()
        else:
            while self._pending:
                self._pending.popleft().resolve(Stored.UNAVAILABLE)

    @property
    def open(self) -> bool:
        """Whether somebody flushes."""
        return self._open > 0
