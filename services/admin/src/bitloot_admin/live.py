"""Who is watching, and telling them: one feed from `orders.events`, any number of open pages."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Final

import orjson
import structlog
from aiokafka import AIOKafkaConsumer
from bitloot_common.deadletters import DeadLetter
from bitloot_common.events import topics
from bitloot_common.events.orders import OrderEvent
from bitloot_common.kafka import client as kafka_client
from prometheus_client import Counter, Gauge
from pydantic import ValidationError

log = structlog.get_logger(__name__)

_WATCHERS = Gauge("bitloot_admin_live_watchers", "Pages that are open and live.")
_EVENTS = Counter("bitloot_admin_live_events_total", "orders.events messages told to pages.")

BACKLOG_MAX: Final = 500  # events a slow page may lag behind; then it is told to read all again
BEAT_S: Final = 10.0
STREAM_S_MAX: Final = 600.0  # the browser then connects again, and shows its session again


class Hub:
    """Hands each event to every page. A page that cannot keep up loses events and is told of the gap."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[dict[str, Any] | None]] = set()

    def publish(self, event: dict[str, Any]) -> None:
        """Tells all pages; never waits for one."""
        _EVENTS.inc()
        for queue in self._queues:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(None)
            else:
                queue.put_nowait(event)

    def buried(self, letter: DeadLetter) -> None:
        """Tells the pages of this process that a message of an order has died. Other processes' pages hear nothing
        of it: they show it when they are read again."""
        if letter.order_id:
            at = letter.dead_at.isoformat()
            self.publish(
                {"orderId": str(letter.order_id), "event": "message.buried", "from": None, "to": None, "at": at}
            )

    @contextlib.contextmanager
    def watching(self) -> Iterator[asyncio.Queue[dict[str, Any] | None]]:
        """A queue of what happens from here on; None in it stands for a gap."""
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(BACKLOG_MAX)
        self._queues.add(queue)
        _WATCHERS.inc()
        try:
            yield queue
        finally:
            self._queues.discard(queue)
            _WATCHERS.dec()


async def stream(hub: Hub, may_still: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
    """Server-sent events for one page: `order` per event, `gap` after a loss, a comment as heartbeat.

    At each beat `may_still` says whether the page's reader may go on; if not, the stream ends.
    """
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + STREAM_S_MAX
    beat_at = loop.time() + BEAT_S
    with hub.watching() as queue:
        yield b"retry: 2000\n: hello\n\n"
        while loop.time() < ends_at:
            try:
                async with asyncio.timeout_at(beat_at):
                    event = await queue.get()
            except TimeoutError:
                if not await may_still():
                    return
                beat_at = loop.time() + BEAT_S
                yield b": beat\n\n"
                continue
            if event is None:
                yield b"event: gap\ndata: {}\n\n"
            else:
                yield b"event: order\ndata: " + orjson.dumps(event) + b"\n\n"


class Feed:
    """Reads `orders.events` from its end. Without a group: each instance sees all, nothing is committed,
    and nothing is left at the broker when the instance is gone."""

    def __init__(self, hub: Hub, *, bootstrap_servers: str) -> None:
        self._hub = hub
        self._bootstrap_servers = bootstrap_servers

    async def run(self) -> None:
        """Until cancelled. Raises KafkaError when the broker is away; its agent starts it again."""
        consumer = AIOKafkaConsumer(
            topics.ORDERS_EVENTS, **kafka_client(self._bootstrap_servers), auto_offset_reset="latest"
        )
        try:
            await consumer.start()
            async for record in consumer:
                try:
                    event = OrderEvent.from_value(record.value)
                except ValidationError:
                    log.warning("live.unreadable", partition=record.partition, offset=record.offset)
                    continue
                self._hub.publish(_told(event))
        finally:
            await consumer.stop()


def _told(event: OrderEvent) -> dict[str, Any]:
    """What a page needs to know; it reads the rest itself, with its own rights."""
    return {
        "orderId": str(event.order_id),
        "event": event.event,
        "from": event.from_status,
        "to": event.to_status,
        "at": event.at.isoformat(),
    }
