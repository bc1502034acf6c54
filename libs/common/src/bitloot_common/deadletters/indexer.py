"""The indexer: a background role of admin that writes every dead letter into the table, once."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from prometheus_client import Counter

from bitloot_common.db import Pool
from bitloot_common.deadletters import table
from bitloot_common.deadletters.letter import DeadLetter
from bitloot_common.events.topics import dead_letter_topic
from bitloot_common.kafka import client as kafka_client

log = structlog.get_logger(__name__)

GROUP = "admin.dead-letters"
BATCH_MAX = 200
POLL_MS = 1_000

_INDEXED = Counter("bitloot_dead_letters_indexed", "Dead letters written to the table.", ["service"])


class Indexer:
    """Reads the services' dead-letter topics. Offsets are committed after the rows are: twice is harmless."""

    def __init__(
        self,
        pool: Pool,
        bootstrap_servers: str,
        services: Iterable[str],
        kafka: Mapping[str, Any] | None = None,
        tell: Callable[[DeadLetter], None] = lambda _: None,
    ) -> None:
        """`tell` hears of each letter once its row is there; it must not wait."""
        self._tell = tell
        self._pool = pool
        self._topics = [dead_letter_topic(service) for service in services]
        self._client = {**kafka_client(bootstrap_servers), **(kafka or {})}

    async def run(self) -> None:
        """Runs until cancelled. Raises when Kafka or the database fails: whoever watches starts it again."""
        consumer = AIOKafkaConsumer(
            *self._topics, group_id=GROUP, auto_offset_reset="earliest", enable_auto_commit=False, **self._client
        )
        await consumer.start()
        try:
            while True:
                batch = await consumer.getmany(timeout_ms=POLL_MS, max_records=BATCH_MAX)
                letters = [DeadLetter.from_record(record) for records in batch.values() for record in records]
                if letters:
                    await self._index(letters)
                    await consumer.commit({partition: records[-1].offset + 1 for partition, records in batch.items()})
        finally:
            await consumer.stop()

    async def _index(self, letters: list[DeadLetter]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await table.index(connection, letters)
        for letter in letters:
            _INDEXED.labels(letter.service).inc()
            self._tell(letter)
        log.info("dead_letters.indexed", count=len(letters))
