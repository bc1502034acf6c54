"""A Kafka broker of our own, so that a test may kill it: the stack's jars and settings, on free ports."""

import asyncio
import os
import signal
import subprocess
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from bitloot_local import jars, java
from bitloot_local.layout import Layout
from bitloot_local.ports import Ports
from bitloot_local.servers import kafka

START_S_MAX = 60
# A test's rebalance must not wait for the session time-out that production has.
TEST_PROPERTIES = "group.min.session.timeout.ms=1000\nlog.flush.interval.messages=100000\n"


class Broker:
    """One node. `start` after `kill` finds its data again."""

    def __init__(self, root: Path) -> None:
        self.ports = Ports.free()
        self.bootstrap_servers = f"127.0.0.1:{self.ports.kafka}"
        self._root = root
        self._java: tuple[str, ...] = ()
        self._process: subprocess.Popen[bytes] | None = None

    async def prepare(self) -> None:
        """Resolves jars and Java, formats the storage."""
        layout = Layout()
        layout.create()
        home = await java.find_or_install(layout, print)
        classpath = await jars.resolve(layout, home, print)
        text = kafka.PROPERTIES.format(
            host="127.0.0.1", broker=self.ports.kafka, controller=self.ports.kafka_controller, logs=self._root / "logs"
        )
        (self._root / "server.properties").write_text(text + TEST_PROPERTIES)
        (self._root / "logback.xml").write_text(kafka.LOGBACK.replace('level="INFO"', 'level="WARN"'))
        logback = f"-Dlogback.configurationFile={self._root / 'logback.xml'}"
        self._java = (str(home / "bin/java"), *kafka.JVM, logback, "-cp", f"{classpath}/*")
        self._run("kafka.tools.StorageTool", "format", "--cluster-id", kafka.CLUSTER_ID, "--config").wait(START_S_MAX)

    def _run(self, main: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._root / "broker.log").open("ab") as log:
            return subprocess.Popen(
                [*self._java, main, *arguments, str(self._root / "server.properties")], stdout=log, stderr=log
            )

    async def start(self) -> None:
        """Returns when the broker answers."""
        self._process = self._run("kafka.Kafka")
        ready = kafka.metadata_answers(self.bootstrap_servers)
        async with asyncio.timeout(START_S_MAX):
            while True:
                try:
                    return await ready()
                except Exception:
                    await asyncio.sleep(0.2)

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def freeze(self) -> None:
        """Takes connections and answers nothing, until `thaw`."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    async def create_topics(self, partitions: dict[str, int]) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap_servers)
        await admin.start()
        try:
            config = {"max.message.bytes": "1114112"}
            await admin.create_topics([NewTopic(t, n, 1, topic_configs=config) for t, n in partitions.items()])
        finally:
            await admin.close()
