"""How much waits where: lag of each main and retry topic, records on the dead-letter topic."""

import asyncio
from collections import Counter

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from bitloot_common.events.topics import dead_letter_topic
from bitloot_common.retry import metrics
from bitloot_common.retry.forwarder import Forwarder
from bitloot_common.retry.lane import Lane

INTERVAL_S = 15.0


async def sample(service: str, lanes: list[Lane], forwarder: Forwarder) -> None:
    """Runs for ever, one sample each quarter of a minute: never on the path of a message."""
    while True:
        for lane in lanes:
            try:
                async with asyncio.timeout(INTERVAL_S):
                    await _sample_lane(service, lane)
            except (KafkaError, TimeoutError):
                continue  # the broker is away, or the lane is changing hands: the next sample tells
        try:
            async with asyncio.timeout(INTERVAL_S):
                await _sample_dead_letters(service, lanes[0], forwarder)
        except (KafkaError, TimeoutError):
            pass
        await asyncio.sleep(INTERVAL_S)


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


async def _sample_dead_letters(service: str, lane: Lane, forwarder: Forwarder) -> None:
    topic = dead_letter_topic(service)
    partitions = [TopicPartition(topic, number) for number in (await forwarder.topics()).get(topic, ())]
    if lane.consumer is None or not lane.assigned.is_set() or not partitions:
        return
    ends = await lane.consumer.end_offsets(partitions)
    starts = await lane.consumer.beginning_offsets(partitions)
    metrics.DLT_DEPTH.labels(service).set(sum(ends[p] - starts[p] for p in partitions))
