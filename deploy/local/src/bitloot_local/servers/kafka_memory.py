"""Where Maven Central cannot be reached: librdkafka's mock cluster as a process, for `make demo`.

    python -m bitloot_local.servers.kafka_memory <port>

The mock listens on a port of its own choosing, so the given port is a relay for the first connection;
the metadata it answers sends clients to the mock itself.

What aiokafka can do on it (tried with confluent-kafka 2.16, aiokafka 0.14): idempotent and transactional
producers, headers, timestamps, committed offsets, one consumer per group. What it lacks:
- no admin API (CreateTopics, ListGroups, group offsets), so `bitloot topics apply` is left out: a topic is
  made by the first request for its metadata, which this process sends for every one that is declared;
  each has 4 partitions, whatever its declaration says;
- a second member of a group is refused (SyncGroup answers InvalidRequest): one instance per service;
- nothing on disk, and at most 5 MB a partition: a restart forgets every message.
So it shows the main job, and no test runs on it.
"""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable

from bitloot_common import topics
from confluent_kafka import Producer

from bitloot_local.config import Config
from bitloot_local.layout import TOPICS
from bitloot_local.ports import HOST
from bitloot_local.program import Program
from bitloot_local.servers.kafka import metadata_answers

CHUNK_BYTES = 65536
METADATA_S_MAX = 10


def program(config: Config) -> Program:
    port = config.ports.kafka
    return Program(
        name="kafka",
        argv=(sys.executable, "-m", "bitloot_local.servers.kafka_memory", str(port)),
        ready=metadata_answers(config.kafka_bootstrap_servers),
        ports=((port, "KAFKA_PORT"),),
    )


async def serve(port: int) -> None:
    cluster = Producer({"test.mock.num.brokers": 1, "log_level": 3})
    for topic in topics.read(TOPICS):
        cluster.list_topics(topic.name, timeout=METADATA_S_MAX)
    broker = next(iter(cluster.list_topics(timeout=METADATA_S_MAX).brokers.values()))
    server = await asyncio.start_server(relay_to(broker.host, broker.port), HOST, port)
    print(f"in-memory Kafka on {HOST}:{port}, broker on port {broker.port}", flush=True)
    async with server:
        await server.serve_forever()


def relay_to(host: str, port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection(host, port)
        await asyncio.gather(_copy(reader, up_writer), _copy(up_reader, writer))

    return relay


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(int(sys.argv[1])))
