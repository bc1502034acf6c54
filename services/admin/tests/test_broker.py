"""What the broker holds, seen through a listener that asks who is there (SCRAM, as the Kubernetes manifests do)."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from bitloot_admin.broker import BrokerWatch
from bitloot_common import topics
from bitloot_common.kafka import client
from bitloot_local import ports, topology
from bitloot_local.layout import REPOSITORY
from bitloot_local.system import System, in_thread, no_report, settings
from confluent_kafka.admin import AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion
from eventually import eventually

USER, PASSWORD = "admin", "of the broker's tests"


@pytest.fixture(scope="module")
def guarded(stack_root: Path) -> Iterator[str]:
    """A broker whose one open listener wants a name and a password; its address there."""
    config = settings(stack_root / "guarded")
    (program,) = in_thread(topology.servers(config, ("kafka",), no_report))
    (port,) = ports.free(1)
    address = f"{ports.HOST}:{port}"
    listeners = {
        "listeners=": f"listeners=GUARDED://{address},",
        "advertised.listeners=": f"advertised.listeners=GUARDED://{address},",
        "listener.security.protocol.map=": "listener.security.protocol.map=GUARDED:SASL_PLAINTEXT,",
    }
    more = (
        "inter.broker.listener.name=PLAINTEXT\n"
        "listener.name.guarded.sasl.enabled.mechanisms=SCRAM-SHA-512\n"
        "listener.name.guarded.scram-sha-512.sasl.jaas.config="
        "org.apache.kafka.common.security.scram.ScramLoginModule required;\n"
    )
    files = {path: _with(text, listeners, more) for path, text in program.files.items()}
    broker = System(config)
    broker.start_program(replace(program, files=files))
    _admit(config.kafka_bootstrap_servers)
    yield address
    broker.stop("kafka")


def _with(text: str, listeners: dict[str, str], more: str) -> str:
    if "process.roles" not in text:
        return text
    lines = text.splitlines()
    for start, longer in listeners.items():
        lines = [longer + line.removeprefix(start) if line.startswith(start) else line for line in lines]
    return "\n".join(lines) + "\n" + more


def _admit(plain: str) -> None:
    strength = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    new = UserScramCredentialUpsertion(USER, strength, PASSWORD.encode())
    for done in AdminClient({"bootstrap.servers": plain}).alter_user_scram_credentials([new]).values():
        done.result(timeout=30)


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process says who it is, as a service's does."""
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
    monkeypatch.setenv("KAFKA_SASL_USERNAME", USER)
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", PASSWORD)


async def test_ends_and_lag_are_seen_over_sasl(guarded: str, named: None) -> None:
    topics.apply(guarded, topics.read(REPOSITORY / "deploy" / "topics.yaml"))
    await _produce(guarded, "payments.ipn", 30)
    await _read(guarded, "payments.ipn", group="fulfillment", count=10)
    watch = BrokerWatch(bootstrap_servers=guarded, sample_s=0.2)
    watching = asyncio.create_task(watch.run())

    async def seen() -> Any:
        return watch.topics.get("payments.ipn") if watch.error is None else None

    state = await eventually(seen, f"a sample, not {watch.error}")
    assert (state.partitions, state.end, state.lag) == (6, 30, {"fulfillment": 20})
    await _produce(guarded, "payments.ipn", 5)

    async def more() -> bool:
        return watch.topics["payments.ipn"].end == 35

    await eventually(more, "the next sample")
    watching.cancel()


async def test_a_wrong_password_is_said(guarded: str, named: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "another")
    watch = BrokerWatch(bootstrap_servers=guarded, sample_s=0.2)
    watching = asyncio.create_task(watch.run())

    async def refused() -> bool:
        return watch.error not in (None, "not asked yet")

    await eventually(refused, "an error")
    assert watch.topics == {}
    watching.cancel()


async def _produce(address: str, topic: str, count: int) -> None:
    async with AIOKafkaProducer(**client(address)) as producer:
        for number in range(count):
            await producer.send_and_wait(topic, b"{}", key=str(number).encode())


async def _read(address: str, topic: str, *, group: str, count: int) -> None:
    async with AIOKafkaConsumer(
        topic, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest", **client(address)
    ) as consumer:
        for _ in range(count):
            await consumer.getone()
        await consumer.commit()
