"""What the broker holds: per topic its rate, per consumer group its lag; sampled, never asked by a page."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from bitloot_common.events.topics import LADDER_DELAYS_S, MAIN, dead_letter_topic, retry_topic
from bitloot_common.kafka import client as kafka_client

log = structlog.get_logger(__name__)

CONSUMERS: Final = ("fulfillment", "delivery")
SAMPLES_MAX: Final = 120
TIMEOUT_S: Final = 10.0


@dataclass(slots=True)
class TopicState:
    """One topic now: `rate_s` messages per second, `lag` per consumer group, `rates` the newest last."""

    name: str
    partitions: int = 0
    end: int = 0
    rate_s: float | None = None
    lag: dict[str, int] = field(default_factory=dict)
    rates: deque[float] = field(default_factory=lambda: deque(maxlen=SAMPLES_MAX))

    @property
    def lag_total(self) -> int:
        return sum(self.lag.values())


def ladder_topics(service: str) -> list[str]:
    """The retry topics of a service."""
    return [retry_topic(service, delay) for delay in LADDER_DELAYS_S]


def group_topics() -> dict[str, list[str]]:
    """The consumer groups and what they read: a service's main topics under its name, each retry topic
    under the topic's own (the ladder's convention)."""
    return {service: list(MAIN) for service in CONSUMERS} | {
        topic: [topic] for service in CONSUMERS for topic in ladder_topics(service)
    }


class BrokerWatch:
    """Samples the broker every `sample_s` seconds. `error` says why there is nothing newer."""

    def __init__(self, *, bootstrap_servers: str, sample_s: float) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._sample_s = sample_s
        self._sampled_at: float | None = None
        self.topics: dict[str, TopicState] = {}
        self.error: str | None = "not asked yet"

    async def run(self) -> None:
        """Until cancelled; connects again when the broker was away."""
        while True:
            try:
                await self._watch()
            except Exception as error:  # noqa: BLE001  (whatever is wrong with the broker, the page says so)
                self.error = type(error).__name__
                log.info("broker.unreachable", error=self.error)
            await asyncio.sleep(self._sample_s)

    async def _watch(self) -> None:
        admin = AIOKafkaAdminClient(**kafka_client(self._bootstrap_servers))
        consumer = AIOKafkaConsumer(**kafka_client(self._bootstrap_servers))
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await admin.start()
                await consumer.start()
            while True:
                async with asyncio.timeout(TIMEOUT_S):
                    await self.sample(admin, consumer)
                self.error = None
                await asyncio.sleep(self._sample_s)
        finally:
            await consumer.stop()
            await admin.close()

    async def sample(self, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer) -> None:
        """One look: ends of all topics, commits of all groups."""
        found = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics()}
        names = _ours(found)
        partitions = [TopicPartition(name, one["partition"]) for name in names for one in found[name]]
        if consumer.assignment() != set(partitions):
            # a consumer knows the partitions of what it is assigned; of all else only what it happened to hear
            consumer.assign(partitions)
            consumer.pause(*partitions)
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
        now = time.monotonic()
        passed = now - self._sampled_at if self._sampled_at is not None else None
        for name in names:
            end = sum(offset for partition, offset in ends.items() if partition.topic == name)
            self._note(name, end, sum(p.topic == name for p in partitions), passed)
        self._sampled_at = now
        for group, wanted in group_topics().items():
            await self._note_lag(admin, group, [p for p in partitions if p.topic in wanted], ends, starts)

    def _note(self, name: str, end: int, partitions: int, passed_s: float | None) -> None:
        state = self.topics.setdefault(name, TopicState(name))
        if passed_s:
            state.rate_s = max(0.0, (end - state.end) / passed_s)
            state.rates.append(state.rate_s)
        state.end, state.partitions = end, partitions

    async def _note_lag(
        self,
        admin: AIOKafkaAdminClient,
        group: str,
        partitions: list[TopicPartition],
        ends: dict[TopicPartition, int],
        starts: dict[TopicPartition, int],
    ) -> None:
        try:
            committed = await admin.list_consumer_group_offsets(group)
        except GroupCoordinatorNotAvailableError:
            return  # nobody has consumed on this broker yet
        lag: dict[str, int] = {}
        read = {partition.topic for partition in committed}
        for partition in partitions:
            if partition.topic not in read:
                continue  # the group does not consume this topic
            found = committed.get(partition)
            position = found.offset if found is not None and found.offset >= 0 else starts[partition]
            lag[partition.topic] = lag.get(partition.topic, 0) + max(0, ends[partition] - position)
        for name, behind in lag.items():
            self.topics[name].lag[group] = behind

    def ladder_depth(self, service: str) -> int:
        """How many messages wait on the service's retry topics."""
        return sum(self.topics[name].lag_total for name in ladder_topics(service) if name in self.topics)


def _ours(existing: Iterable[str]) -> list[str]:
    wanted = [
        *MAIN,
        *(topic for service in CONSUMERS for topic in ladder_topics(service)),
        *(dead_letter_topic(service) for service in CONSUMERS),
    ]
    there = set(existing)
    return [name for name in wanted if name in there]
