"""What arrives in any of Kafka's codecs is read; what cannot be read at all stops its own partition and no more."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.record.default_records import DefaultRecordBase
from aiokafka.record.util import calc_crc32c
from bitloot_common.health import Degraded
from bitloot_common.retry import Ladder, Message, metrics
from bitloot_common.retry import reader as reading
from confluent_kafka import Producer
from eventually import eventually

from .harness import Family, Order

Families = Callable[..., Awaitable[Family]]


async def started(ladder: Ladder, *topics: str) -> list[int]:
    seen: list[int] = []

    async def on_order(message: Message[Order]) -> None:
        seen.append(message.data.n)

    for topic in topics:
        ladder.subscribe(topic, Order, delays_s=(1,))(on_order)
    await ladder.start()
    return seen


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_every_codec_of_kafka_is_read(family: Families, codec: str) -> None:
    shop = await family(1)
    producer = Producer({"bootstrap.servers": shop.bootstrap_servers, "compression.type": codec, "linger.ms": 50})
    for n in range(100):
        producer.produce(shop.topic, b'{"n":%d}' % n, str(n).encode(), headers=[("ce_id", b"1")])
    assert await asyncio.to_thread(producer.flush, 10) == 0
    seen = await started(shop.ladder(), shop.topic)
    await eventually(lambda: sorted(seen) == list(range(100)))


async def send_unreadable(shop: Family, partition: int, *numbers: int) -> None:
    """One batch of orders, as another client might write it: in the last record a header's name is not UTF-8."""
    async with AIOKafkaProducer(bootstrap_servers=shop.bootstrap_servers) as producer:
        batch = producer.create_batch()
        for n in numbers:
            name = "NAME" if n == numbers[-1] else "name"
            batch.append(timestamp=1_000, key=b"7", value=Order(n=n).model_dump_json().encode(), headers=[(name, b"1")])
        build = batch._builder.build

        def build_wrong() -> bytes:
            built = bytearray(bytes(build()).replace(b"NAME", b"N\xff\xfeE"))
            crc = calc_crc32c(bytes(built[DefaultRecordBase.ATTRIBUTES_OFFSET :]))
            struct.pack_into(">I", built, DefaultRecordBase.CRC_OFFSET, crc)
            return bytes(built)

        batch._builder = Foreign(build_wrong, batch._builder)
        await (await producer.send_batch(batch, shop.topic, partition=partition))


class Foreign:
    """A batch builder whose result is written by somebody else."""

    def __init__(self, build: Callable[[], bytes], builder: Any) -> None:
        self.build = build
        self._builder = builder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._builder, name)


def standing(shop: Family) -> float:
    return metrics.UNREADABLE.labels(shop.service, shop.service, shop.topic)._value.get()  # type: ignore[no-any-return]


async def test_what_cannot_be_read_stops_its_partition_only(family: Families, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "AGAIN_S", 0.5)
    shop = await family(1, partitions=3)
    for n in range(300):
        await shop.send(n, partition=n % 3)
    await send_unreadable(shop, 1, *range(1_000, 1_006))
    ladder = shop.ladder()
    seen = await started(ladder, shop.topic)
    readable = {*range(300), *range(1_000, 1_005)}
    await eventually(lambda: set(seen) == readable)
    await eventually(lambda: standing(shop) == 1)
    await shop.send(*range(2_000, 2_100), partition=0)
    await shop.send(*range(2_100, 2_200), partition=2)
    await shop.send(3_000, partition=1)
    await eventually(lambda: set(seen) >= {*range(2_000, 2_200)})
    assert sorted(seen) == sorted({*readable, *range(2_000, 2_200)}), "each once, and nothing of what is behind it"
    with pytest.raises(Degraded, match=f"{shop.topic}/1 cannot be read from offset 105 on"):
        await ladder.checks()["consumers"]()
    assert ladder._lanes[0].assigned.is_set()

    # Past it by hand, as the runbook says: all that is behind it comes.
    consumer = ladder._lanes[0].consumer
    assert consumer is not None
    bad = TopicPartition(shop.topic, 1)

    async def committed() -> bool:
        return bool(await consumer.committed(bad) == 105)

    await eventually(committed)
    await ladder.stop()
    assert standing(shop) == 0
    await skip(shop, bad, 106)
    seen_after = await started(shop.ladder(), shop.topic)
    await eventually(lambda: seen_after == [3_000])


async def skip(shop: Family, partition: TopicPartition, offset: int) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=shop.bootstrap_servers, group_id=shop.service, enable_auto_commit=False
    )
    consumer.assign([partition])
    await consumer.start()
    await consumer.commit({partition: offset})
    await consumer.stop()


async def test_retries_go_on_beside_one_that_cannot_be_read(family: Families) -> None:
    shop = await family(1, step_partitions=2)
    step = Family(shop.bootstrap_servers, ())
    step.service, step.topic = shop.service, f"{shop.service}.retry.1s"
    await send_unreadable(step, 0, 7)
    ladder = shop.ladder()
    seen: list[int] = []

    @ladder.subscribe(shop.topic, Order, delays_s=(1,))
    async def on_order(message: Message[Order]) -> None:
        seen.append(message.data.n)

    await ladder.start()
    headers = [("bitloot-subscription", shop.topic.encode())]
    await shop.send(*range(50), topic=step.topic, partition=1, headers=headers)
    await eventually(lambda: sorted(seen) == list(range(50)))
    [_, lane] = ladder._lanes
    await eventually(lambda: lane._reader is not None and bool(lane._reader.unreadable()))
    with pytest.raises(Degraded, match="cannot be read"):
        await ladder.checks()["consumers"]()
