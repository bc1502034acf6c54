"""The fallback's broker does what the main job needs of it, through its relay."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from bitloot_local.servers import kafka_memory
from bitloot_local.stack import Stack
from bitloot_local.system import System, in_thread, quiet_terminal, settings
from bitloot_local.topology import Topology

pytestmark = pytest.mark.stack


@pytest.fixture
def bootstrap_servers(stack_root: Path) -> Iterator[str]:
    config = replace(settings(stack_root / "memory"), kafka="memory")
    in_thread(Stack(config, Topology((kafka_memory.program(config),)), quiet_terminal(config.layout)).up())
    yield config.kafka_bootstrap_servers
    System(config).down()


def test_declared_topics_an_idempotent_producer_and_a_consumer_group_work(bootstrap_servers: str) -> None:
    async def names() -> set[str]:
        async with AIOKafkaConsumer(bootstrap_servers=bootstrap_servers) as consumer:
            return set(await consumer.topics())

    async def through() -> list[tuple[bytes, object]]:
        async with AIOKafkaProducer(bootstrap_servers=bootstrap_servers, enable_idempotence=True) as producer:
            for word in (b"one", b"two"):
                await producer.send_and_wait("orders.paid", word, key=b"order", headers=[("ce_id", word)])
        consumer = AIOKafkaConsumer(
            "orders.paid",
            bootstrap_servers=bootstrap_servers,
            group_id="fulfillment",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        async with consumer:
            messages = [await asyncio.wait_for(consumer.getone(), 20) for _ in range(2)]
            await consumer.commit()
        return [(message.value, message.headers) for message in messages]

    assert in_thread(names()) >= {"payments.ipn", "fulfillment.retry.16s", "delivery.dlt"}
    assert in_thread(through()) == [(b"one", (("ce_id", b"one"),)), (b"two", (("ce_id", b"two"),))]
