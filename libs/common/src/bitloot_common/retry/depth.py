"""How much waits where: lag of each main and retry topic, records on the dead-letter topic."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from bitloot_common.events.topics import dead_letter_topic
from bitloot_common.retry import metrics
from bitloot_common.retry.lane import Lane

INTERVAL_S = 15.0
REQUEST_S_MAX = 15.0


async def sample(service: str, lanes: Iterable[Lane], dlt_partitions: Iterable[int], client: Mapping[str, Any]) -> None:
    """Runs for ever, one sample each quarter of a minute: never on the path of a message."""
    dead = [TopicPartition(dead_letter_topic(service), number) for number in dlt_partitions]
    # Of its own: a group's consumer knows the topics of its group only.
    watcher = AIOKafkaConsumer(**client)
    watcher.assign(dead)
    watcher.pause(*dead)
    await watcher.start()
    try:
        while True:
            for lane in lanes:
                # The broker is away, or the lane is changing hands: the next sample tells.
                with contextlib.suppress(KafkaError, TimeoutError):
                    async with asyncio.timeout(REQUEST_S_MAX):
                        await _sample_lane(service, lane)
            with contextlib.suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(REQUEST_S_MAX):
                    ends, starts = await watcher.end_offsets(dead), await watcher.beginning_offsets(dead)
                    metrics.DLT_DEPTH.labels(service).set(sum(ends[p] - starts[p] for p in dead))
            await asyncio.sleep(INTERVAL_S)
    finally:
        await watcher.stop()


async def _sample_lane(service: str, lane: Lane) -> None:
    consumer = lane.consumer
    if consumer is None or not lane.assigned.is_set():
        return
    partitions = list(consumer.assignment())
    ends = await consumer.end_offsets(partitions) if partitions else {}
    lag: Counter[str] = Counter(dict.fromkeys(lane.topics, 0))
    for partition, end in ends.items():
        start = await consumer.committed(partition)
        if start is None:
            start = (await consumer.beginning_offsets([partition]))[partition]
        lag[partition.topic] += max(0, end - start)
    for topic, messages in lag.items():
        metrics.LAG.labels(service, topic).set(messages)
