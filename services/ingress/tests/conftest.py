"""Ingress as a process of its own, on a real PostgreSQL and Kafka; killed and started again at will."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
import pytest
from aiokafka import AIOKafkaConsumer
from bitloot_common import catalogue, topics
from eventually import eventually

ROOT = Path(__file__).parents[3]
IPN_SECRET = "ipn secret of the tests"
KINGUIN_SECRET = "kinguin secret of the tests"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Forks:
    """Starts ingress processes quickly (`forks.py`)."""

    def __init__(self) -> None:
        program = Path(__file__).with_name("forks.py")
        self._process = subprocess.Popen(
            [sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, env: Mapping[str, str], log: Path) -> psutil.Process:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"env": dict(env), "log": str(log)}), file=self._process.stdin, flush=True)
        return psutil.Process(int(self._process.stdout.readline()))

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


class Ingress:
    """One process. `env` goes on top of what the local stack would give it."""

    def __init__(self, forks: Forks, env: Mapping[str, str], log: Path) -> None:
        self._forks = forks
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = log
        self._env = {**os.environ, **env, "HTTP_PORT": str(self.port), "LOG_FORMAT": "json"}
        self._process: psutil.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.to_thread(self._forks.start, self._env, self.log_file)
        async with httpx.AsyncClient(trust_env=False) as client:

            async def ready() -> bool:
                assert self._process is not None
                assert self._process.is_running(), self.log()[-2000:]
                try:
                    return (await client.get(f"{self.url}/readyz", timeout=3)).status_code == 200
                except httpx.HTTPError:
                    return False

            await eventually(ready, f"ingress ready, see {self.log_file}", 60)

    def kill(self) -> None:
        """`kill -9`; returns when it is dead."""
        self.signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(10)

    def stop(self) -> None:
        """Asks it to stop; returns when it has."""
        if self._process is not None and self._process.is_running():
            self.signal(signal.SIGTERM)
            self._process.wait(40)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")


@pytest.fixture(scope="session")
def kafka_topics(kafka_server: Any) -> str:
    """The declared topics exist; returns the bootstrap servers."""
    servers: str = kafka_server.bootstrap_servers
    topics.apply(servers, topics.read(ROOT / "deploy/topics.yaml"))
    return servers


@pytest.fixture(scope="module")
def ingress_env(database: Any, kafka_topics: str) -> dict[str, str]:
    """What an ingress of this test module needs; its provider answers nothing."""
    asyncio.run(catalogue.apply(database.url, catalogue.read(ROOT / "deploy/catalogue.yaml")))
    return {
        "DATABASE_URL": database.url_of("ingress"),
        "KAFKA_BOOTSTRAP_SERVERS": kafka_topics,
        "NOWPAYMENTS_BASE": "http://127.0.0.1:9",
        "NOWPAYMENTS_API_KEY": "key",
        "NOWPAYMENTS_IPN_SECRET": IPN_SECRET,
        "KINGUIN_WEBHOOK_SECRET": KINGUIN_SECRET,
        "WEBHOOK_BASE_URL": "http://127.0.0.1",
        "ORDER_TOKEN_SECRET": "order token secret of the tests",
    }


Start = Callable[..., Awaitable[Ingress]]


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    forks = Forks()
    yield forks
    forks.end()


@pytest.fixture(scope="module")
async def start_ingress(
    forks: Forks, ingress_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Start]:
    """`await start_ingress(NAME="value")`: one more process; all are stopped when the module ends."""
    started: list[Ingress] = []
    logs = tmp_path_factory.mktemp("ingress")

    async def start(**env: str) -> Ingress:
        ingress = Ingress(forks, {**ingress_env, **env}, logs / f"{len(started)}.log")
        started.append(ingress)
        await ingress.start()
        return ingress

    yield start
    for ingress in started:
        ingress.stop()


@pytest.fixture(scope="module")
async def ingress(start_ingress: Start) -> Ingress:
    return await start_ingress()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(timeout=15, trust_env=False, limits=limits) as client:
        yield client


@pytest.fixture
async def sql(database: Any) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database.url)
    yield connection
    await connection.close()


class Topic:
    """What has come onto one topic since the reader was made."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self.records: list[Any] = []

    async def read(self) -> list[Any]:
        """Everything so far."""
        for records in (await self._consumer.getmany(timeout_ms=200)).values():
            self.records.extend(records)
        return self.records

    async def holds(self, ids: set[str], deadline_s: float = 60) -> list[Any]:
        """Reads until every one of these `ce_id`s has come."""

        async def all_there() -> bool:
            return ids <= {header(record, "ce_id") for record in await self.read()}

        await eventually(all_there, f"{len(ids)} messages on their topic", deadline_s)
        return self.records


def header(record: Any, name: str) -> str:
    return next((value.decode() for key, value in record.headers if key == name), "")


@pytest.fixture
async def reader(kafka_topics: str) -> AsyncIterator[Callable[[str], Awaitable[Topic]]]:
    """`await reader("payments.ipn")`: reads from now on."""
    consumers: list[AIOKafkaConsumer] = []

    async def read(topic: str) -> Topic:
        consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka_topics, auto_offset_reset="earliest")
        await consumer.start()
        consumers.append(consumer)
        await consumer.seek_to_end()
        for partition in consumer.assignment():
            await consumer.position(partition)  # the end is looked up here, not at the first read
        return Topic(consumer)

    yield read
    for consumer in consumers:
        await consumer.stop()


@contextmanager
def suspended(pids: list[int]) -> Iterator[None]:
    """SIGSTOP: there, holding its connections, answering nothing."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)
