"""Every server killed, or all of it stopped: `up` makes it whole and nothing that was accepted is lost."""

import smtplib
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from bitloot_local import topology
from bitloot_local.environment import S3_BUCKET
from bitloot_local.mailbox.store import Store
from bitloot_local.ports import HOST
from bitloot_local.servers.s3 import client
from bitloot_local.system import System, in_thread, settings
from botocore.exceptions import ClientError

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def servers_only(stack_root: Path) -> Iterator[System]:
    system = System(settings(stack_root / "recovery"))
    system.up(topology.only_servers)
    in_thread(write_everywhere(system))
    yield system
    system.down()


async def write_everywhere(system: System) -> None:
    config = system.config
    database = await asyncpg.connect(system.env["DATABASE_URL"])
    await database.execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('row')")
    await database.close()
    admin = AIOKafkaAdminClient(bootstrap_servers=config.kafka_bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic("kept", 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=config.kafka_bootstrap_servers, acks="all") as producer:
        await producer.send_and_wait("kept", b"message")
    client(config).put_object(Bucket=S3_BUCKET, Key="kept", Body=b"object")
    with smtplib.SMTP(HOST, config.ports.smtp) as session:
        session.sendmail("a@bitloot.example", ["b@customer.example"], "Subject: mail\r\n\r\nkept")


async def read_everywhere(system: System) -> list[str]:
    config = system.config
    database = await asyncpg.connect(system.env["DATABASE_URL"])
    row = await database.fetchval("SELECT word FROM kept")
    await database.close()
    consumer = AIOKafkaConsumer("kept", bootstrap_servers=config.kafka_bootstrap_servers, auto_offset_reset="earliest")
    async with consumer:
        message = await consumer.getone()
    try:
        stored = client(config).get_object(Bucket=S3_BUCKET, Key="kept")["Body"].read()
    except ClientError as error:
        stored = str(error).encode()
    mails = Store(config.layout.data("smtp") / "mails.jsonl").all()
    return [row, message.value.decode(), stored.decode(), *(mail["subject"] for mail in mails)]


def test_each_server_killed_comes_back_with_its_data(servers_only: System) -> None:
    before = {name: servers_only.pid(name) for name in topology.SERVERS}
    for name in topology.SERVERS:
        servers_only.kill(name)
        assert not servers_only.alive(name)
        servers_only.up(topology.only_servers)
    after = {name: servers_only.pid(name) for name in topology.SERVERS}
    assert all(after[name] != before[name] for name in topology.SERVERS)
    assert in_thread(read_everywhere(servers_only)) == ["row", "message", "object", "mail"]


def test_data_survives_down_and_up(servers_only: System) -> None:
    servers_only.down()
    assert not any(servers_only.alive(name) for name in topology.SERVERS)
    servers_only.up(topology.only_servers)
    assert in_thread(read_everywhere(servers_only)) == ["row", "message", "object", "mail"]
