"""Puts failed messages on their next topic, durably: one idempotent producer, made anew when it breaks.

A record refused by the broker as too large breaks an idempotent producer's partition for good
(OutOfOrderSequenceNumber from then on), so sizes are checked here first, and any error that aiokafka did
not retry by itself costs the producer its life. `send` returns when the broker has the record, and tries
for ever: the caller's offset waits for it.

What is too large goes apart from the rest, by a producer of its own that compresses: it can only have come
compressed. What even so is refused stays where it is, counted and logged, and no other record waits for it.
"""

import asyncio
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from bitloot_common.retry import headers as names
from bitloot_common.retry import metrics

log = structlog.get_logger(__name__)

# The ladder's topics take 64 KiB more than the main ones (topics.yaml), and our headers are below 8 KiB.
REQUEST_BYTES_MAX = 1_048_576 + 49_152
# aiokafka wakes every sender that waits for room in a batch, for one to find it: with its 16 KiB, a flood of
# failures spent most of its time on that.
BATCH_BYTES_MAX = 524_288
PAUSE_S = 0.1
PAUSE_S_MAX = 5.0
STOP_S_MAX = 5.0
APART_BYTES_MAX = 104_857_600  # what a broker takes in one request, if nobody told it otherwise
REFUSED_PAUSE_S = 60.0


class Forwarder:
    """Started before the lanes, stopped after them."""

    def __init__(self, service: str, client: Mapping[str, Any]) -> None:
        self._client = client
        self._failures = metrics.FORWARD_FAILURES.labels(service)
        self._producer: AIOKafkaProducer | None = None
        self._pending: set[asyncio.Future[Any]] = set()
        self._partitions: dict[str, list[int]] = {}
        self._turn = count()
        self._renewing = asyncio.Lock()

    async def start(self) -> None:
        """Raises KafkaConnectionError when no broker answers."""
        self._producer = await self._started_producer()

    async def _started_producer(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            acks="all",
            enable_idempotence=True,
            max_request_size=REQUEST_BYTES_MAX,
            max_batch_size=BATCH_BYTES_MAX,
            **self._client,
        )
        try:
            await producer.start()
        except BaseException:
            await self._stop(producer)
            raise
        return producer

    async def learn(self, topics: Iterable[str]) -> None:
        """Fetches the topics' partitions now: a first send while the broker is away would wait for them, and
        then fail, where one that knows them waits for the broker."""
        assert self._producer is not None, "learn before start"
        for topic in topics:
            self._partitions[topic] = sorted(await self._producer.partitions_for(topic))

    async def topics(self) -> dict[str, set[int]]:
        """The partitions of every topic that the broker has."""
        assert self._producer is not None, "topics before start"
        cluster = await self._producer.client.fetch_all_metadata()
        return {topic: cluster.partitions_for_topic(topic) or set() for topic in cluster.topics()}

    async def send(self, topic: str, key: bytes | None, value: bytes | None, headers: names.Headers) -> None:
        """Returns when `topic` has the record. Never gives up; cancelling it means: not durable."""
        if key is None and value is None:  # the client refuses such a record; the header keeps it exact
            value, headers = b"", [*headers, (names.NULL_VALUE, b"1")]
        if _bytes_of(key, value, headers) > REQUEST_BYTES_MAX:
            headers = _slim(headers)
        apart = _bytes_of(key, value, headers) > REQUEST_BYTES_MAX
        pause_s, refused = PAUSE_S, False
        while True:
            producer = self._producer
            assert producer is not None, "send before start"
            try:
                if apart:
                    return await self._send_apart(topic, key, value, headers)
                return await self._send(producer, topic, key, value, headers)
            except MessageSizeTooLargeError:
                if not apart:
                    log.warning("forward.too_large", topic=topic, bytes=len(value or b""))
                    headers, apart = _slim(headers), True
                    await self._renew(producer)  # it was the broker who refused: this one is broken
                    continue
                if not refused:
                    log.error("forward.refused", topic=topic, bytes=len(value or b""))  # noqa: TRY400  (said once, short)
                pause_s, refused = REFUSED_PAUSE_S, True
            except KafkaTimeoutError as error:
                log.warning("forward.failed", topic=topic, error=repr(error))
            except (KafkaError, ConnectionError) as error:
                log.warning("forward.failed", topic=topic, error=repr(error))
                if not apart:
                    await self._renew(producer)
            self._failures.inc()
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, max(pause_s, PAUSE_S_MAX))

    async def _send(
        self,
        producer: AIOKafkaProducer,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: names.Headers,
    ) -> None:
        # Any partition will do, there is no order to keep: this spares the client's search for the key's own.
        partitions = self._partitions.get(topic)
        partition = partitions[next(self._turn) % len(partitions)] if partitions else None
        future = await producer.send(topic, value=value, key=key, headers=headers, partition=partition)
        self._pending.add(future)
        try:
            await future
        finally:
            self._pending.discard(future)

    async def _send_apart(self, topic: str, key: bytes | None, value: bytes | None, headers: names.Headers) -> None:
        """Not idempotent: sent twice is harmless, and a refusal breaks nothing."""
        producer = AIOKafkaProducer(
            acks="all", compression_type="zstd", max_request_size=APART_BYTES_MAX, **self._client
        )
        try:
            await producer.start()
            await producer.send_and_wait(topic, value=value, key=key, headers=headers)
        finally:
            await self._stop(producer)

    async def _renew(self, broken: AIOKafkaProducer) -> None:
        """A new producer in place of `broken`; what still waits on the old one is told to send again."""
        async with self._renewing:
            if self._producer is not broken:
                return
            waiting = set(self._pending)
            await self._stop(broken)
            for future in waiting:
                if not future.done():
                    future.set_exception(KafkaError("producer replaced"))
            while self._producer is broken:
                try:
                    self._producer = await self._started_producer()
                except (KafkaError, OSError) as error:
                    log.warning("forward.no_broker", error=repr(error))
                    await asyncio.sleep(1)
            log.info("forward.producer_renewed")

    async def stop(self) -> None:
        """Sends what waits, within a deadline."""
        if self._producer is not None:
            await self._stop(self._producer)

    async def _stop(self, producer: AIOKafkaProducer) -> None:
        """An idempotent producer's stop waits without end for a broker that is away."""
        stopping = asyncio.ensure_future(producer.stop())
        await asyncio.wait([stopping], timeout=STOP_S_MAX)
        stopping.cancel()


def _bytes_of(key: bytes | None, value: bytes | None, headers: names.Headers) -> int:
    """What the client counts before it refuses."""
    return int(DefaultRecordBatchBuilder.estimate_size_in_bytes(key, value, headers))


def _slim(headers: names.Headers) -> names.Headers:
    return [(name, text) for name, text in headers if name != names.EXCEPTION_STACKTRACE]
