"""Rows onto their topics: one batch per partition, idempotent, acknowledged by all replicas."""

import asyncio
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, Self

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer

from bitloot_common.kafka import client as kafka_client
from bitloot_common.relay import spans
from bitloot_common.relay.murmur2 import murmur2
from bitloot_common.relay.rows import Position
from bitloot_common.tracing import is_on

log = structlog.get_logger(__name__)

# Below the topics' max.message.bytes (1 MiB): a record that the *broker* refuses as too large breaks an
# idempotent producer for its partition, so such a row is not sent at all.
RECORD_BYTES_MAX: Final = 1_000_000
BATCH_BYTES_MAX: Final = 512 * 1024
TOPIC_TIMEOUT_S: Final = 5.0
CLOSE_TIMEOUT_S: Final = 2.0


class PublishFailed(Exception):
    """Kafka refused or could not be reached; rows without a position are to be sent again."""


class Publisher:
    """An idempotent producer. After `PublishFailed` it is to be closed: a new one starts clean."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    @classmethod
    async def open(cls, bootstrap_servers: str, client_id: str) -> Self:
        """Connects. Raises PublishFailed when no broker answers."""
        producer = AIOKafkaProducer(
            **kafka_client(bootstrap_servers),
            client_id=client_id,
            acks="all",
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES_MAX,
            max_request_size=RECORD_BYTES_MAX,
        )
        publisher = cls(producer)
        try:
            await producer.start()
        except Exception as error:
            await publisher.close()
            raise PublishFailed(f"no broker at {bootstrap_servers}: {type(error).__name__}") from error
        return publisher

    async def publish(self, rows: Iterable[asyncpg.Record]) -> tuple[list[Position], Exception | None]:
        """Sends `rows` in their order and waits for every acknowledgement.

        Returns the positions of those that are on their topic, and why others are not, if something failed.
        At most one batch per partition is sent: what does not fit is left out, with all that follows it on
        that partition, and has no position either.
        """
        batches: dict[tuple[str, int], _Batch] = {}
        partitions: dict[str, list[int]] = {}
        tracing, started_ns = is_on(), time.time_ns()
        for row in rows:
            if _too_large(row):
                continue
            topic = row["topic"]
            known = partitions.get(topic)
            if known is None:
                known = partitions[topic] = await self._partitions(topic)
            place = topic, known[_hash(row["key"] or "") % len(known)]
            batch = batches.get(place)
            if batch is None:
                batch = batches[place] = _Batch(self._producer.create_batch(), tracing=tracing)
            batch.append(row)
        acknowledged = [
            await self._producer.send_batch(batch.builder, topic, partition=partition)
            for (topic, partition), batch in batches.items()
        ]
        results = await asyncio.gather(*acknowledged, return_exceptions=True)
        positions, failure = [], None
        for ((topic, partition), batch), result in zip(batches.items(), results, strict=True):
            if isinstance(result, BaseException):
                failure = PublishFailed(f"{topic}/{partition}: {type(result).__name__}")
            else:
                positions += [
                    Position(row_id, topic, partition, result.offset + i) for i, row_id in enumerate(batch.ids)
                ]
                for i, row in batch.traced:
                    spans.sent(row, started_ns, partition, result.offset + i)
        return positions, failure

    async def _partitions(self, topic: str) -> list[int]:
        try:
            async with asyncio.timeout(TOPIC_TIMEOUT_S):
                return sorted(await self._producer.partitions_for(topic))
        except TimeoutError:
            raise PublishFailed(f"topic {topic} is not known to the broker") from None

    async def reachable(self) -> bool:
        """Whether a broker answers a metadata request now."""
        return bool(await self._producer.client.force_metadata_update())

    async def close(self) -> None:
        """Lets go of Kafka within two seconds. Nothing is sent afterwards, not even what was waiting."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._producer.stop()
        except Exception:  # noqa: BLE001  (an idempotent producer waits for its broker without end)
            await self._abandon()

    async def _abandon(self) -> None:
        # Private, but the only way: a sender left alive would deliver its old batches after newer ones.
        task = self._producer._sender.sender_task
        if task is not None:
            task.cancel()
            await asyncio.wait([task], timeout=CLOSE_TIMEOUT_S)
        await asyncio.wait([asyncio.ensure_future(self._producer.client.close())], timeout=CLOSE_TIMEOUT_S)


class _Batch:
    """The records of one partition, until the first that does not fit."""

    def __init__(self, builder: Any, *, tracing: bool) -> None:
        self.builder = builder
        self.ids: list[Any] = []
        self.traced: list[tuple[int, asyncpg.Record]] = []
        self._tracing = tracing
        self._full = False

    def append(self, row: asyncpg.Record) -> None:
        if self._full:
            return
        key = row["key"]
        added = self.builder.append(
            timestamp=None,
            key=None if key is None else key.encode(),
            value=row["value"],
            headers=[(name, str(value).encode()) for name, value in row["headers"].items()],
        )
        if added is None:
            self._full = True
        else:
            if self._tracing and spans.is_recorded(row):
                self.traced.append((len(self.ids), row))
            self.ids.append(row["id"])


@lru_cache(maxsize=16_384)
def _hash(key: str) -> int:
    """As Kafka's own clients place keys, so that every producer agrees (a test compares)."""
    return murmur2(key.encode()) & 0x7FFFFFFF


def _too_large(row: asyncpg.Record) -> bool:
    size = len(row["value"])
    if size <= RECORD_BYTES_MAX - 64 * 1024:  # room for key and headers
        return False
    log.error("outbox.row.too_large", outbox_id=str(row["id"]), topic=row["topic"], bytes=size)
    return True
