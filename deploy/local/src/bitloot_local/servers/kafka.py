"""Apache Kafka: one KRaft node, broker and controller in one process, on the installed Java."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from bitloot_local.config import Config
from bitloot_local.errors import ProcessFailed
from bitloot_local.http_check import NotReady
from bitloot_local.ports import HOST
from bitloot_local.program import Program, Report

CLUSTER_ID = "Yml0bG9vdC1sb2NhbC0wMQ"
JVM = ("-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")
FORMAT_S_MAX = 60

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{broker},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{broker}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={logs}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
# a killed broker may register again only when its old session has run out: 9 s by default
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# one node: every internal topic has one copy, and few partitions, as each costs start-up time
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
"""

LOGBACK = """\
<configuration>
  <statusListener class="ch.qos.logback.core.status.NopStatusListener"/>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{yyyy-MM-dd'T'HH:mm:ss.SSS} %-5level %logger{1}: %msg%n</pattern></encoder>
  </appender>
  <!-- Kafka prints its whole configuration many times over -->
  <logger name="org.apache.kafka.common.config" level="WARN"/>
  <logger name="kafka.server.KafkaConfig" level="WARN"/>
  <logger name="state.change.logger" level="WARN"/>
  <root level="INFO"><appender-ref ref="OUT"/></root>
</configuration>
"""


def program(config: Config, java_home: Path, jars: Path) -> Program:
    data = config.layout.data("kafka")
    properties = data / "server.properties"
    logback = data / "logback.xml"
    java = (str(java_home / "bin/java"), *JVM, f"-Dlogback.configurationFile={logback}", "-cp", f"{jars}/*")
    ports = config.ports
    text = PROPERTIES.format(host=HOST, broker=ports.kafka, controller=ports.kafka_controller, logs=data / "topics")

    async def format_once(report: Report) -> None:
        if not (data / "topics/meta.properties").exists():
            report("formatting the storage")
            properties.parent.mkdir(parents=True, exist_ok=True)
            properties.write_text(text)
            logback.write_text(LOGBACK)
            await _format(config, (*java, "kafka.tools.StorageTool", "format"), properties)

    return Program(
        name="kafka",
        argv=(*java, "kafka.Kafka", str(properties)),
        env={"LANG": "C.UTF-8"},
        ready=metadata_answers(config.kafka_bootstrap_servers),
        ports=((ports.kafka, "KAFKA_PORT"), (ports.kafka_controller, "KAFKA_CONTROLLER_PORT")),
        prepare=format_once,
        files={properties: text, logback: LOGBACK},
    )


async def _format(config: Config, command: tuple[str, ...], properties: Path) -> None:
    log = config.layout.log("kafka")
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *command, "--cluster-id", CLUSTER_ID, "--config", str(properties), stdout=file, stderr=file
        )
        try:
            async with asyncio.timeout(FORMAT_S_MAX):
                code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
    if code != 0:
        raise ProcessFailed("kafka", "could not format its storage", log)


def metadata_answers(bootstrap_servers: str) -> Callable[[], Awaitable[None]]:
    """A metadata request, answered by a broker that is in the cluster."""

    async def ready() -> None:
        host, _, port = bootstrap_servers.partition(":")
        _, writer = await asyncio.open_connection(host, int(port))  # aiokafka logs each refusal: knock first
        writer.close()
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        client = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=3000)
        try:
            await client.start()
            cluster = await client.describe_cluster()
            if not cluster["brokers"]:
                raise NotReady("no broker in the cluster yet")
        finally:
            await client.close()

    return ready
