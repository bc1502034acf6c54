"""Reads a lane's partitions. One that holds what cannot be read is left out, and the others go on.

aiokafka decodes as it hands out. A batch in a codec that nobody here knows, a checksum that does not fit or a header
name that is not UTF-8 makes `getmany` raise, without a word about where, and what it had taken of other partitions
for that answer is gone. So then every partition is put back to where it was, and read by itself, one record at a
time, until it is known which one it is. That one stands still where it is, loudly, and is tried again now and then:
the broker or the next version of this program may have mended it.
"""

import math
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import ConsumerStoppedError, CorruptRecordException, KafkaError, UnsupportedCodecError

from bitloot_common.retry import metrics

log = structlog.get_logger(__name__)

Batch: TypeAlias = "dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]]"

SUSPECT_S: Final = 10.0  # how long partitions are read one record at a time for one error
AGAIN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Where a partition stands still, and when (monotonic) it is tried again."""

    offset: int
    again_at: float


class Reader:
    """For one consumer."""

    def __init__(self, service: str, group: str, consumer: AIOKafkaConsumer, batch_max: int) -> None:
        self._service = service
        self._group = group
        self._consumer = consumer
        self._batch_max = batch_max
        self._assignment = object()
        self._next: dict[TopicPartition, int] = {}
        self._suspects: set[TopicPartition] = set()
        self._suspected_until = 0.0
        self._unreadable: dict[TopicPartition, Unreadable] = {}

    def forget(self) -> None:
        """Partitions change hands: whoever gets them begins at the committed offsets."""
        self._assignment = object()
        self._next.clear()
        self._suspects.clear()
        self._unreadable = self._told({})

    def sort(self, partitions: Iterable[TopicPartition]) -> tuple[list[TopicPartition], list[TopicPartition]]:
        """Those to be read together, and those to be read one by one, each `read` a record at most."""
        if not self._suspects and not self._unreadable:
            return list(partitions), []
        now = time.monotonic()
        if now > self._suspected_until:
            self._suspects.clear()
        sound, alone = [], []
        for partition in partitions:
            unreadable = self._unreadable.get(partition)
            if partition in self._suspects or (unreadable and now > unreadable.again_at):
                alone.append(partition)
            elif unreadable is None:
                sound.append(partition)
        return sound, alone

    def unreadable(self) -> dict[TopicPartition, int]:
        """The partitions that stand still, and the offset of what cannot be read."""
        return {partition: found.offset for partition, found in self._unreadable.items()}

    async def read(self, partitions: Iterable[TopicPartition], timeout_s: float) -> Batch:
        """What there is of `partitions`, empty where something cannot be read. Nothing is awaited between aiokafka's
        answer and this one."""
        asked = list(partitions)
        alone = len(asked) == 1 and (asked[0] in self._suspects or asked[0] in self._unreadable)
        try:
            batch: Batch = await self._consumer.getmany(
                *asked, timeout_ms=math.ceil(timeout_s * 1000), max_records=1 if alone else self._batch_max
            )
        except Exception as error:
            if not _lies_in_the_data(error):
                raise
            if alone:
                await self._leave_out(asked[0], error)
            else:
                await self._suspect(asked, error)
            return {}
        for partition, records in batch.items():
            self._next[partition] = records[-1].offset + 1
            if partition in self._unreadable:
                log.info("consumer.readable_again", topic=partition.topic, partition=partition.partition)
                self._unreadable = self._told({p: at for p, at in self._unreadable.items() if p != partition})
        return batch

    async def _suspect(self, partitions: list[TopicPartition], error: Exception) -> None:
        """One of `partitions` cannot be read; what `getmany` had taken of the others must be taken again."""
        log.warning("consumer.searches_unreadable", group=self._group, error=type(error).__name__)
        assignment, offsets = self._assignment, {}
        for partition in partitions:
            offset = self._next.get(partition)
            if offset is None:
                offset = await self._consumer.committed(partition)
            if offset is None:
                offset = (await self._consumer.beginning_offsets([partition]))[partition]
            offsets[partition] = offset
        if assignment is self._assignment:  # else others begin them elsewhere
            for partition, offset in offsets.items():
                self._consumer.seek(partition, offset)
            self._suspects.update(partitions)
            self._suspected_until = time.monotonic() + SUSPECT_S

    async def _leave_out(self, partition: TopicPartition, error: Exception) -> None:
        assignment, offset = self._assignment, await self._consumer.position(partition)
        if assignment is not self._assignment:
            return
        self._consumer.seek(partition, offset)  # else aiokafka goes on behind what it could not read
        self._suspects.clear()
        before = self._unreadable.get(partition)
        if before is None or before.offset != offset:
            log.error(
                "consumer.unreadable",
                group=self._group,
                topic=partition.topic,
                partition=partition.partition,
                offset=offset,
                error=type(error).__name__,
            )
        found = Unreadable(offset, time.monotonic() + AGAIN_S)
        self._unreadable = self._told(self._unreadable | {partition: found})

    def _told(self, unreadable: dict[TopicPartition, Unreadable]) -> dict[TopicPartition, Unreadable]:
        """`unreadable`, which the metric now has."""
        counts = Counter(partition.topic for partition in unreadable)
        for topic in {partition.topic for partition in self._unreadable} | set(counts):
            metrics.UNREADABLE.labels(self._service, self._group, topic).set(counts[topic])
        return unreadable


def _lies_in_the_data(error: Exception) -> bool:
    """Whether `error` is about what was fetched; UnicodeDecodeError, BadGzipFile and their like have no common name."""
    if isinstance(error, CorruptRecordException | UnsupportedCodecError):
        return True
    return not isinstance(error, KafkaError | ConsumerStoppedError)
