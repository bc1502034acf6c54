"""A record that is too large for its next topic finds another way, or waits alone."""

import asyncio
import os
from collections.abc import Awaitable, Callable

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from bitloot_common.retry import Message, Permanent, Transient, forwarder, metrics
from confluent_kafka import Producer
from eventually import eventually

from .harness import Family, Order, story

Families = Callable[..., Awaitable[Family]]

LARGE = b'{"n": 7, "notes": "' + b"x" * 3_000_000 + b'"}'


async def send_large(shop: Family, topic: str, value: bytes, codec: str) -> None:
    producer = Producer(
        {
            "bootstrap.servers": shop.bootstrap_servers,
            "compression.type": codec,
            "message.max.bytes": 10_000_000,
        }
    )
    producer.produce(topic, value, b"7", headers=[("ce_id", b"e7")])
    assert await asyncio.to_thread(producer.flush, 10) == 0


async def test_what_came_compressed_and_is_larger_than_any_topic_takes_is_retried_and_buried(family: Families) -> None:
    shop = await family(1)
    ladder = shop.ladder()
    attempts: list[int] = []

    @ladder.subscribe(shop.topic, Order, delays_s=(1,))
    async def on_order(message: Message[Order]) -> None:
        attempts.append(message.attempt)
        raise Transient("no luck")

    await ladder.start()
    producer = ladder._forwarder._producer
    await send_large(shop, shop.topic, LARGE, "gzip")
    [dead] = await shop.records(shop.dlt, at_least=1)
    assert attempts == [1, 2]
    assert (dead.key, dead.value) == (b"7", LARGE)
    assert story(dead)["bitloot-attempt"] == "2"
    assert ladder._forwarder._producer is producer, "what others send by was left alone"


async def test_what_no_topic_takes_waits_alone_and_is_told(family: Families, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarder, "REFUSED_PAUSE_S", 0.2)
    shop = await family(1)
    roomy = f"{shop.service}.roomy"
    admin = AIOKafkaAdminClient(bootstrap_servers=shop.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(roomy, 1, 1, topic_configs={"max.message.bytes": "5000000"})])
    await admin.close()
    ladder = shop.ladder()

    async def refuse(_: Message[Order]) -> None:
        raise Permanent("never")

    for topic in (roomy, shop.topic):
        ladder.subscribe(topic, Order, delays_s=(1,))(refuse)

    async def known() -> bool:
        return roomy in await probe.topics()

    probe = forwarder.Forwarder("probe", {"bootstrap_servers": shop.bootstrap_servers})
    await probe.start()
    await eventually(known)
    await probe.stop()
    await ladder.start()
    producer = ladder._forwarder._producer
    await send_large(shop, roomy, b'{"n": 7, "notes": "' + os.urandom(2_000_000).hex().encode() + b'"}', "none")
    failures = metrics.FORWARD_FAILURES.labels(shop.service)._value
    await eventually(lambda: failures.get() >= 2)
    await shop.send(*range(20))
    dead = await shop.records(shop.dlt, at_least=20)
    assert sorted(record.key for record in dead) == sorted(str(n).encode() for n in range(20))
    assert ladder._forwarder._producer is producer, "what others send by was left alone"
    main = ladder._lanes[0].consumer
    assert main is not None
    assert await main.committed(TopicPartition(roomy, 0)) is None, "it is still where it was"
