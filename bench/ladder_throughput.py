"""Handled messages a second: the ladder beside a bare aiokafka loop and a bare FastStream subscriber."""

import asyncio
import statistics
from collections.abc import Awaitable, Callable
from uuid import uuid4

from aiokafka import AIOKafkaConsumer
from bitloot_common.inbox import first_time
from bitloot_common.retry import Ladder, Message
from faststream.kafka import KafkaBroker

from bench.ladder_stage import DELAYS_S, Finish, Order, Stage

Runner = Callable[[Stage, str, str, int], Awaitable[float]]


async def getmany(stage: Stage, topic: str, group: str, count: int) -> float:
    """The ceiling: records fetched, not even decoded."""
    return await _getmany(stage, topic, group, count, decode=False)


async def getmany_decoded(stage: Stage, topic: str, group: str, count: int) -> float:
    return await _getmany(stage, topic, group, count, decode=True)


async def _getmany(stage: Stage, topic: str, group: str, count: int, *, decode: bool) -> float:
    finish = Finish(count)
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=stage.bootstrap_servers,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    seen = 0
    while seen < count:
        for records in (await consumer.getmany(timeout_ms=500, max_records=500)).values():
            for record in records:
                if decode:
                    Order.model_validate_json(record.value)
                finish.one()
            seen += len(records)
        await consumer.commit()
    await consumer.stop()
    return await finish.per_s()


async def faststream(stage: Stage, topic: str, group: str, count: int, *, wait_s: float = 0.0) -> float:
    """FastStream as its documentation shows it: default policy, one model."""
    finish = Finish(count)
    broker = KafkaBroker(stage.bootstrap_servers, logger=None)  # its line per message would cost most of it

    @broker.subscriber(topic, group_id=group, auto_offset_reset="earliest")
    async def handle(order: Order) -> None:  # noqa: ARG001
        if wait_s:
            await asyncio.sleep(wait_s)
        finish.one()

    await broker.start()
    per_s = await finish.per_s()
    await broker.stop()
    return per_s


async def ladder(stage: Stage, topic: str, group: str, count: int, *, wait_s: float = 0.0) -> float:
    finish = Finish(count)
    service = Ladder(group, stage.bootstrap_servers)

    @service.subscribe(topic, Order, delays_s=DELAYS_S)
    async def handle(message: Message[Order]) -> None:  # noqa: ARG001
        if wait_s:
            await asyncio.sleep(wait_s)
        finish.one()

    await stage.topics(group)
    await service.start()
    per_s = await finish.per_s()
    await service.stop()
    return per_s


async def ladder_with_inbox(stage: Stage, topic: str, group: str, count: int) -> float:
    """Every message claims its id in PostgreSQL, in a transaction, as each of our handlers does."""
    finish = Finish(count)
    service = Ladder(group, stage.bootstrap_servers)
    pool = await stage.pool()

    @service.subscribe(topic, Order, delays_s=DELAYS_S)
    async def handle(message: Message[Order]) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await first_time(connection, group, message.id)
        finish.one()

    await stage.topics(group)
    await service.start()
    per_s = await finish.per_s()
    await service.stop()
    await pool.close()
    return per_s


RUNNERS: dict[str, Runner] = {
    "aiokafka, bare getmany": getmany,
    "aiokafka, getmany and pydantic": getmany_decoded,
    "FastStream, default subscriber": faststream,
    "ladder, inbox off": ladder,
    "ladder, inbox on": ladder_with_inbox,
}


async def measure(stage: Stage, count: int, rounds: int) -> dict[str, float]:
    """The median of `rounds`, the runners taking turns so that the machine's moods reach all of them."""
    topic = "bench.throughput"
    await stage.topics("bench", topic)
    await stage.fill(topic, count)
    found: dict[str, list[float]] = {name: [] for name in RUNNERS}
    for _ in range(rounds):
        for name, runner in RUNNERS.items():
            found[name].append(await runner(stage, topic, f"g{uuid4().hex[:8]}", count))
    return {name: round(statistics.median(rates)) for name, rates in found.items()}


async def measure_waiting(stage: Stage, count: int) -> dict[str, float]:
    """Handlers that wait 3 ms, as one that asks a database does."""
    topic = "bench.waiting"
    await stage.topics("waiting", topic)
    await stage.fill(topic, count)
    return {
        "FastStream, default subscriber": round(await faststream(stage, topic, "w-faststream", count, wait_s=0.003)),
        "ladder, 64 keys side by side": round(await ladder(stage, topic, "w-ladder", count, wait_s=0.003)),
    }
