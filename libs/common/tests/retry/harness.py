"""What the retry tests share: records, waiting, and a topic family with a ladder of its own."""

import asyncio
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from bitloot_common.retry import Breakers, Ladder, Limits
from eventually import eventually
from pydantic import BaseModel

DEADLINE_S = 30.0


class Order(BaseModel):
    """What the tests' topics carry."""

    n: int


def record(
    topic: str, partition: int, offset: int, *, key: bytes | None = None, value: bytes = b"", headers: Any = ()
) -> Any:
    """A record as the consumer would give it."""
    return ConsumerRecord(topic, partition, offset, 1_000, 0, key, value, None, 0, len(value), tuple(headers))


class Family:
    """A service's topics on the real broker, under names of their own, and a producer to feed them."""

    def __init__(self, bootstrap_servers: str, delays_s: tuple[int, ...]) -> None:
        self.bootstrap_servers = bootstrap_servers
        self.service = f"s{uuid4().hex[:8]}0"  # a digit: it once was read as a delay
        self.topic = f"{self.service}.orders"
        self.dlt = f"{self.service}.dlt"
        self.delays_s = delays_s
        self._producer: AIOKafkaProducer | None = None
        self._ladders: list[Ladder] = []

    async def create(self, *more: str, partitions: int = 2, step_partitions: int = 1) -> None:
        """Makes the topics; `more` are main topics beside the first."""
        steps = [f"{self.service}.retry.{delay}s" for delay in self.delays_s]
        topics = [NewTopic(name, partitions, 1) for name in (self.topic, *more)]
        roomy = {"max.message.bytes": "1114112"}
        topics += [NewTopic(name, step_partitions, 1, topic_configs=roomy) for name in steps]
        topics.append(NewTopic(self.dlt, 1, 1, topic_configs=roomy))
        await self._make(topics)
        self._producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap_servers)
        await self._producer.start()

    async def add(self, topic: str) -> None:
        """One more main topic, later."""
        await self._make([NewTopic(topic, 2, 1)])

    async def _make(self, topics: list[NewTopic]) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap_servers)
        await admin.start()
        try:
            await admin.create_topics(topics)
            wanted = {topic.name for topic in topics}

            async def known() -> bool:
                return wanted <= set(await admin.list_topics())

            await eventually(known)  # the answer comes before every request sees the topics
        finally:
            await admin.close()

    def ladder(self, breakers: Breakers | None = None, *, drain_s: float = 10.0, **options: Any) -> Ladder:
        """A ladder of this service; stopped with the family."""
        limits = options.pop("limits", None) or Limits(
            concurrency=options.pop("concurrency", 64), partition_window=1_000, total_window=5_000, drain_s=drain_s
        )
        ladder = Ladder(self.service, self.bootstrap_servers, breakers=breakers, limits=limits, **options)
        self._ladders.append(ladder)
        return ladder

    async def send(
        self,
        *numbers: int,
        key: bytes | None = None,
        topic: str | None = None,
        partition: int | None = None,
        headers: Any = None,
    ) -> None:
        """One order per number; keyed by it unless `key` is given."""
        values = [(key or str(n).encode(), Order(n=n).model_dump_json().encode()) for n in numbers]
        futures = [await self._send(topic, k, v, partition, headers) for k, v in values]
        await asyncio.gather(*futures)

    async def send_raw(self, key: bytes | None, value: bytes | None, headers: Any = None) -> None:
        await (await self._send(None, key, value, None, headers))

    async def _send(
        self, topic: str | None, key: bytes | None, value: bytes | None, partition: int | None, headers: Any
    ) -> Any:
        assert self._producer is not None
        return await self._producer.send(
            topic or self.topic, value=value, key=key, partition=partition, headers=headers or [("ce_id", b"1")]
        )

    async def records(self, topic: str, at_least: int = 0) -> list[Any]:
        """Everything on `topic` now, oldest first per partition; waits for `at_least` records."""
        consumer = AIOKafkaConsumer(topic, bootstrap_servers=self.bootstrap_servers, auto_offset_reset="earliest")
        await consumer.start()
        found: list[Any] = []
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not await self._at_end(consumer) or len(found) < at_least:
                    for records in (await consumer.getmany(timeout_ms=100)).values():
                        found += records
        finally:
            await consumer.stop()
        return found

    @staticmethod
    async def _at_end(consumer: AIOKafkaConsumer) -> bool:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        return all([await consumer.position(partition) >= end for partition, end in ends.items()])

    async def close(self) -> None:
        for ladder in self._ladders:
            await ladder.stop(deadline_s=1)
        if self._producer is not None:
            await self._producer.stop()


def story(record: Any) -> dict[str, str]:
    """A record's headers as text."""
    return {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
