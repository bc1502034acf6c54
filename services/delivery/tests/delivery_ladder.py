"""Delivery's real subscriptions on a real broker, around a shop of the tests: what the ladder makes of a failure."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from bitloot_common import topics
from bitloot_common.events.delivery import KeysStored, MailDue
from bitloot_common.events.envelope import CloudEvent, Event, as_record_headers
from bitloot_common.events.fulfillment import DeliveryRequested
from bitloot_common.events.topics import dead_letter_topic, retry_topic
from bitloot_common.retry import Breaker, Breakers, Ladder
from bitloot_common.retry import headers as names
from bitloot_common.retry.message import now_ms
from bitloot_delivery import consumers
from delivery_shop import Shop

TOPICS = Path(__file__).parents[3] / "deploy" / "topics.yaml"
LAST = 5  # attempts that a message at the end of its ladder has made


def apply_topics(bootstrap_servers: str) -> None:
    """The declared topics, as a deployment makes them."""
    topics.apply(bootstrap_servers, topics.read(TOPICS))


@dataclass
class Line:
    """The shop's consumers at work."""

    shop: Shop
    breakers: Breakers
    producer: AIOKafkaProducer
    graves: AIOKafkaConsumer
    buried: list[Any] = field(default_factory=list)
    sent: set[bytes] = field(default_factory=set)

    async def request(self, order_id: UUID, *, reservation_id: str | None = None, last: bool = False) -> None:
        """Asks for the order's codes; with `last` the message is at its last attempt."""
        reservation_id = reservation_id or f"res-{order_id}"
        request = DeliveryRequested(order_id=order_id, reservation_id=reservation_id, quantity=1, part=1)
        await self._send(request, last=last)

    async def stored(self, order_id: UUID, *, last: bool = False) -> None:
        """What asks for the mail of an order that is stored."""
        (found,) = [one for one in await self.shop.outbox(order_id, KeysStored.TOPIC) if "storageRef" in one]
        await self._send(KeysStored.model_validate(found), last=last)

    async def due(self, order_id: UUID) -> bool:
        """Whether a mail of the order asked for itself again; if so, the relay's work is done."""
        found = [one for one in await self.shop.outbox(order_id, MailDue.TOPIC) if "storageRef" not in one]
        for one in found:
            await self._send(MailDue.model_validate(one))
        return bool(found)

    async def is_sealed(self, *orders: UUID) -> bool:
        query = "select count(*) from keys where order_id = any($1) and sealed_at is not null"
        return bool(await self.shop.owner.fetchval(query, list(orders)) == len(orders))

    async def dead_letters(self) -> list[Any]:
        """What this line sent and buried: the topics hold what other tests of the session left, too."""
        for records in (await self.graves.getmany(timeout_ms=300)).values():
            self.buried += [record for record in records if record.key in self.sent]
        return self.buried

    async def _send(self, event: Event, *, last: bool = False) -> None:
        order_id = str(event.order_id)  # type: ignore[attr-defined]
        sort = type(event)
        told = CloudEvent(id=str(uuid4()), type=sort.TYPE, source="/tests", subject=order_id).to_headers()
        headers, topic = as_record_headers(told), sort.TOPIC
        if last:
            headers = [
                *headers,
                (names.SUBSCRIPTION, topic.encode()),
                (names.ORIGINAL_TOPIC, topic.encode()),
                (names.ATTEMPT, b"%d" % LAST),
                (names.DUE_AT, b"%d" % now_ms()),
            ]
            topic = retry_topic("delivery", 1)
        self.sent.add(order_id.encode())
        await self.producer.send_and_wait(
            topic, key=order_id.encode(), value=event.model_dump_json(by_alias=True).encode(), headers=headers
        )


@asynccontextmanager
async def at_work(shop: Shop, bootstrap_servers: str) -> AsyncIterator[Line]:
    """Delivery's consumers with the breakers that `app.py` gives them; only what comes from now on counts."""
    database = Breaker("postgresql", probe=lambda: shop.outside.pool.fetchval("select 1"))
    outside, cases = shop.outside, shop.use_cases
    breakers = Breakers(database, outside.kinguin.breaker, outside.storage.breaker, outside.mailer.breaker)
    ladder = Ladder("delivery", bootstrap_servers, breakers=breakers)
    consumers.declare(
        ladder,
        store_keys=cases.store_keys,
        queue_mail=cases.queue_mail,
        revoke_links=cases.revoke_links,
        send_mail=cases.send_mail,
        record_bounce=cases.record_bounce,
    )
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers)
    graves = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, auto_offset_reset="latest")
    await asyncio.gather(producer.start(), graves.start(), ladder.start())
    try:
        await _at_the_end(graves, dead_letter_topic("delivery"))
        yield Line(shop, breakers, producer, graves)
    finally:
        await ladder.stop(1)
        await asyncio.gather(producer.stop(), graves.stop())


async def _at_the_end(consumer: AIOKafkaConsumer, topic: str) -> None:
    partitions = {TopicPartition(topic, number) for number in await _partitions(consumer, topic)}
    consumer.assign(sorted(partitions))
    await consumer.seek_to_end(*partitions)
    for partition in partitions:
        await consumer.position(partition)


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer._client.set_topics([topic])
    found: set[int] = consumer.partitions_for_topic(topic) or set()
    return found
