"""Dead letters straight from their topics: Kafka alone, no group, no database."""

from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from bitloot_common.deadletters.letter import DeadLetter
from bitloot_common.deadletters.selection import Selection
from bitloot_common.kafka import client as kafka_client

POLL_MS = 500
SUFFIX = ".dlt"


async def read(bootstrap_servers: str, selection: Selection) -> AsyncIterator[DeadLetter]:
    """The letters that `selection` means, from the beginning of their topics to where they end now.

    Raises KafkaError when no broker answers.
    """
    topics = await _topics(bootstrap_servers, selection.service)
    if not topics:
        return
    consumer = AIOKafkaConsumer(
        *topics, **kafka_client(bootstrap_servers), auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        while ends := {p: end for p, end in ends.items() if await consumer.position(p) < end}:
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                for record in records:
                    end = ends.get(TopicPartition(record.topic, record.partition), 0)
                    if record.offset < end and selection.matches(letter := DeadLetter.from_record(record)):
                        yield letter
    finally:
        await consumer.stop()


async def _topics(bootstrap_servers: str, service: str | None) -> list[str]:
    admin = AIOKafkaAdminClient(**kafka_client(bootstrap_servers))
    try:
        await admin.start()
        existing = await admin.list_topics()
    finally:
        await admin.close()
    return sorted(t for t in existing if t.endswith(SUFFIX) and service in (None, t.removesuffix(SUFFIX)))
