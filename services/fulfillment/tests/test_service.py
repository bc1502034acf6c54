"""The service as a process on a real broker: messages in, messages out, kill -9 in between."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from bitloot_common.events.envelope import CloudEvent, Event, as_record_headers
from bitloot_common.events.fulfillment import DeliveryRequested
from bitloot_common.events.ingress import KinguinEsaWebhook, NowPaymentsIpn
from bitloot_common.events.topics import dead_letter_topic, retry_topic
from bitloot_common.retry import headers as names
from bitloot_fulfillment.settings import ShopSettings
from bitloot_local.pytest_plugin import KafkaServer
from eventually import eventually

from .harness import COINS, Harness
from .processes import SECRETS, end, free_port, start, wait_until_ready
from .test_reconciler import open_payment

ROOT = Path(__file__).parents[3]


@pytest.fixture
def api() -> str:
    """ESA: the one that would buy twice if it were asked twice."""
    return "esa"


@pytest.fixture(scope="module")
def topics(kafka_server: KafkaServer) -> str:
    """The declared topics, made as a deployment makes them."""
    bitloot = Path(sys.executable).parent / "bitloot"
    env = os.environ | {"KAFKA_BOOTSTRAP_SERVERS": kafka_server.bootstrap_servers}
    subprocess.run([bitloot, "topics", "apply", "--file", ROOT / "deploy/topics.yaml"], env=env, check=True)
    return kafka_server.bootstrap_servers


@pytest.fixture
async def producer(topics: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=topics)
    await producer.start()
    yield producer
    await producer.stop()


Running = Callable[[], Any]


@pytest.fixture
def service(shop_settings: ShopSettings, topics: str, tmp_path: Path) -> Iterator[Running]:
    """Starts `python -m bitloot_fulfillment`; a context manager that yields process and URL."""
    started = []

    @contextmanager
    def run() -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
        port = free_port()
        env = SECRETS | {
            "DATABASE_URL": shop_settings.database_url,
            "KAFKA_BOOTSTRAP_SERVERS": topics,
            "KAFKA_GROUP_INSTANCE_ID": "only",
            "HTTP_PORT": str(port),
            "KINGUIN_API": shop_settings.kinguin_api,
            "KINGUIN_BASE_URL": shop_settings.kinguin_base_url,
            "NOWPAYMENTS_BASE": shop_settings.nowpayments_base,
            "KINGUIN_RESERVE_TIMEOUT_S": "4",
            "KINGUIN_SEARCH_OVER_S": "4",
            "RECONCILE_INTERVAL_S": "300",
        }
        process = start("bitloot_fulfillment", env, tmp_path / "service.log")
        started.append(process)
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(process, f"{url}/readyz", tmp_path / "service.log")
        yield process, url

    yield run
    for process in started:
        end(process)


def record(event: type[Event], body: dict[str, Any], key: UUID) -> dict[str, Any]:
    headers = CloudEvent(id=str(uuid4()), type=event.TYPE, source="/bitloot/ingress", subject=str(key)).to_headers()
    return {
        "topic": event.TOPIC,
        "key": str(key).encode(),
        "value": json.dumps(body).encode(),
        "headers": as_record_headers(headers),
    }


async def test_messages_carry_an_order_from_its_ipn_to_its_delivery(
    harness: Harness, service: Running, producer: AIOKafkaProducer, topics: str
) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id)
    with service() as (_, url):
        for _ in range(2):
            await producer.send(**finished_ipn(order_id, payment_id))

        async def given() -> bool:
            return await harness.status(order_id) == "given"

        await eventually(given, "the order is given", 30)
        (purchase,) = await harness.sandbox.purchases(order_id)
        webhook = {"orderId": purchase["reservationId"], "status": "completed", "orderExternalId": str(order_id)}
        await producer.send(**record(KinguinEsaWebhook, webhook, order_id))
        assert await requested(topics, order_id) == [(purchase["reservationId"], 1)]
        metrics = fetched(f"{url}/metrics").text
        assert 'bitloot_order_stage_duration_seconds_count{from="given",to="delivered"} 1.0' in metrics
        ready = fetched(f"{url}/readyz").json()
        assert ready["checks"].keys() >= {"postgres", "kafka", "consumers", "kinguin", "nowpayments"}


async def test_a_service_killed_while_it_buys_buys_once(
    harness: Harness, service: Running, producer: AIOKafkaProducer
) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id)
    await harness.sandbox.fault("reserve", "accept_then_timeout", delayMs=20_000)
    with service() as (process, _):
        await producer.send(**finished_ipn(order_id, payment_id))

        async def accepted() -> bool:
            return bool(await harness.sandbox.purchases(order_id))

        await eventually(accepted, "Kinguin has accepted, and says nothing", 30)
        end(process)
    (row,) = await harness.purchases(order_id)
    assert row["requested_at"] is not None
    assert row["reservation_id"] is None

    with service():

        async def bought() -> bool:
            return await harness.status(order_id) in ("given", "delivered")

        await eventually(bought, "the next process finds the purchase", 60)
    (purchase,) = await harness.sandbox.purchases(order_id)
    assert purchase["calls"]["reserve"] == 1
    (row,) = await harness.purchases(order_id)
    assert row["reservation_id"] == purchase["reservationId"]


@asynccontextmanager
async def held(harness: Harness, order_id: UUID) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
    """The order's row is locked; yields a probe whether the service waits for it."""

    async def waited_for() -> bool:
        waits = "select exists (select from pg_locks where not granted and locktype in ('transactionid', 'tuple'))"
        found: bool = await harness.owner.fetchval(waits)
        return found

    async with harness.owner.acquire() as owner, owner.transaction():
        await owner.execute("select from orders where id = $1 for update", order_id)
        yield waited_for


@pytest.mark.parametrize(("api", "last_call"), [("esa", "reserve"), ("reservations", "give")])
async def test_a_service_killed_between_the_last_answer_and_its_record_buys_once(
    harness: Harness, service: Running, producer: AIOKafkaProducer, last_call: str
) -> None:
    order_id = await harness.order()
    payment_id = await harness.payment(order_id)
    await harness.sandbox.fault(last_call, "slow_answer", delayMs=2_000)
    with service() as (process, _):
        await producer.send(**finished_ipn(order_id, payment_id))

        async def accepted() -> bool:
            return any(one["calls"].get(last_call) for one in await harness.sandbox.purchases(order_id))

        await eventually(accepted, "Kinguin has it, and its answer is on the way", 30)
        async with held(harness, order_id) as waited_for:
            await eventually(waited_for, "both answers are there, and wait to be written down", 30)
            end(process)
    (row,) = await harness.purchases(order_id)
    assert row["reservation_id"] is None

    with service():

        async def given() -> bool:
            return await harness.status(order_id) in ("given", "delivered")

        await eventually(given, "the next process finds the purchase", 60)
    (purchase,) = await harness.sandbox.purchases(order_id)
    assert purchase["calls"]["reserve"] == 1
    (row,) = await harness.purchases(order_id)
    assert row["reservation_id"] == purchase["reservationId"]


@pytest.mark.parametrize(
    ("table", "before", "after"), [("payments", "created", "paid"), ("reservations", "given", "delivered")]
)
async def test_a_reconciler_killed_between_asking_and_recording_records_once(
    harness: Harness, service: Running, table: str, before: str, after: str
) -> None:
    if table == "payments":
        order_id = await harness.order()
        payment_id = await open_payment(harness, order_id)
        await harness.sandbox.pay(payment_id, "finished")
    else:
        order_id = await harness.paid()
        await harness.buy(order_id)

    async def due() -> None:
        await harness.owner.execute(f"update {table} set next_ask_at = now() where order_id = $1", order_id)

    await due()
    async with held(harness, order_id) as waited_for:
        with service() as (process, _):
            await eventually(waited_for, "the provider has answered, and the answer waits to be written down", 30)
            end(process)
    asked = await harness.owner.fetchval(f"select asked_count from {table} where order_id = $1", order_id)
    assert asked == 1
    assert (await harness.status(order_id)).startswith(before)

    await due()
    with service():

        async def recorded() -> bool:
            return f"order.{after}" in await harness.timeline(order_id)

        await eventually(recorded, "the next process asks again", 60)
    assert (await harness.timeline(order_id)).count(f"order.{after}") == 1
    assert len(await harness.sandbox.purchases(order_id)) <= 1


async def test_a_webhook_alone_in_an_outage_of_kinguin_is_not_buried(
    harness: Harness, service: Running, producer: AIOKafkaProducer, topics: str
) -> None:
    """Too few failures to open any breaker: what saves it is the probe, asked before its last attempt buries it."""
    order_id = await harness.paid()
    await harness.buy(order_id)
    (purchase,) = await harness.sandbox.purchases(order_id)
    # not believed without asking: a second purchase would hang on it
    webhook = {"orderId": purchase["reservationId"], "status": "canceled", "orderExternalId": str(order_id)}
    message = at_its_last_attempt(record(KinguinEsaWebhook, webhook, order_id))
    event_id = dict(message["headers"])["ce_id"].decode()
    with service() as (_, url):
        await harness.sandbox.fault("*", "error", status=503, rate=1)
        await producer.send(**message)

        def kinguin_is_away() -> bool:
            return bool(fetched(f"{url}/readyz").json()["checks"]["kinguin"] != "ok")

        await eventually(kinguin_is_away, "the breaker is open", 30)
        assert await buried(topics, order_id) == 0
        await harness.sandbox.no_faults()

        async def handled() -> bool:
            return bool(await harness.owner.fetchval("select true from inbox where event_id = $1", event_id))

        await eventually(handled, "it takes effect when Kinguin is back", 60)
    assert await buried(topics, order_id) == 0


def at_its_last_attempt(record: dict[str, Any]) -> dict[str, Any]:
    """The same message after five failures, on a step of the ladder, due now."""
    topic: str = record["topic"]
    story = [(names.SUBSCRIPTION, topic.encode()), (names.ORIGINAL_TOPIC, topic.encode()), (names.ATTEMPT, b"5")]
    return record | {"topic": retry_topic("fulfillment", 1), "headers": [*record["headers"], *story]}


def finished_ipn(order_id: UUID, payment_id: str) -> dict[str, Any]:
    body = {"payment_id": int(payment_id), "payment_status": "finished", "order_id": str(order_id)}
    amounts = {"price_amount": 9.99, "price_currency": "eur", "pay_amount": float(COINS), "pay_currency": "btc"}
    return record(NowPaymentsIpn, body | amounts | {"actually_paid": float(COINS)}, order_id)


def fetched(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False)


async def requested(topics: str, order_id: UUID) -> list[tuple[str, int]]:
    """What delivery is asked for about the order: reservation and part."""
    consumer = AIOKafkaConsumer(DeliveryRequested.TOPIC, bootstrap_servers=topics, auto_offset_reset="earliest")
    await consumer.start()
    try:

        async def poll() -> list[tuple[str, int]]:
            records = await consumer.getmany(timeout_ms=500)
            values = [json.loads(one.value) for batch in records.values() for one in batch]
            return [(one["reservationId"], one["part"]) for one in values if one["orderId"] == str(order_id)]

        return await eventually(poll, "a delivery is asked for", 30)
    finally:
        await consumer.stop()


async def buried(topics: str, order_id: UUID) -> int:
    """How many of the order's messages are dead letters."""
    consumer = AIOKafkaConsumer(
        dead_letter_topic("fulfillment"), bootstrap_servers=topics, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        found = 0
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += sum(one.key == str(order_id).encode() for one in records)
        return found
    finally:
        await consumer.stop()
