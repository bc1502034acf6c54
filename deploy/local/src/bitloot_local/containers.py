"""Kafka and PostgreSQL for the tests as containers (TEST_SERVERS=testcontainers), where there is Docker.

The images are those of docker-compose.yml; ports, credentials and everything else as the local stack has them, so
that no test knows the difference. S3 and mail stay what they are: neither needs a download.
"""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from bitloot_local.config import Config
from bitloot_local.errors import StackError
from bitloot_local.ports import HOST
from bitloot_local.program import Report
from bitloot_local.servers import postgres
from bitloot_local.servers.kafka import metadata_answers
from bitloot_local.system import System, in_thread, no_report

KAFKA_IMAGE: Final = os.environ.get("KAFKA_IMAGE") or "apache/kafka:4.3.1"
POSTGRES_IMAGE: Final = os.environ.get("POSTGRES_IMAGE") or "postgres:17"
CONTROLLER_PORT: Final = 29093
READY_S_MAX: Final = 90.0

# ours are stopped with the session; a killed session's are removed by hand, as nothing else watches them
testcontainers_config.ryuk_disabled = True


class ContainerServers(System):
    """A `System` whose `kafka` and `postgres` are containers; whatever else it starts is a process, as ever."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._containers: dict[str, DockerContainer] = {}

    def start_server(self, name: str) -> None:
        if name not in MAKERS:
            super().start_server(name)
            return
        with self._lock:
            if name not in self._containers:
                self._containers[name] = MAKERS[name](self.config).start()
                in_thread(self._ready(name))

    def start(self, name: str, env: Mapping[str, str] | None = None) -> None:
        if name not in self._containers:
            super().start(name, env)
            return
        self._docker(name).start()
        in_thread(self._ready(name))

    def stop(self, name: str, number: Any = None) -> None:
        if name not in self._containers:
            super().stop(name, number)
            return
        container = self._docker(name)
        if number is None:
            container.stop()
        else:
            container.kill(number.value)
            container.wait()

    def alive(self, name: str) -> bool:
        if name not in self._containers:
            return super().alive(name)
        self._docker(name).reload()
        return str(self._docker(name).status) == "running"

    def remove(self) -> None:
        """Stops and forgets the containers."""
        while self._containers:
            _, container = self._containers.popitem()
            container.stop()

    def _docker(self, name: str) -> Any:
        return self._containers[name].get_wrapped_container()

    async def _ready(self, name: str) -> None:
        ready, settle = QUESTIONS[name](self.config)
        try:
            async with asyncio.timeout(READY_S_MAX):
                while True:
                    with contextlib.suppress(Exception):  # whatever a server that is starting makes of a question
                        await ready()
                        break
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise StackError(f"the container of {name} was not ready within {READY_S_MAX:g} s") from None
        await settle(no_report)


def _kafka(config: Config) -> DockerContainer:
    port = config.ports.kafka
    settings = {
        "node.id": "1",
        "process.roles": "broker,controller",
        "controller.quorum.voters": f"1@localhost:{CONTROLLER_PORT}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://localhost:{CONTROLLER_PORT}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": "0",
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "8",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
    }
    variables = {f"KAFKA_{name.replace('.', '_').upper()}": value for name, value in settings.items()}
    return _bound(DockerContainer(KAFKA_IMAGE).with_envs(**variables), port, port)


def _postgres(config: Config) -> DockerContainer:
    wanted = {k: v for k, v in postgres.SETTINGS.items() if k not in {"listen_addresses", "unix_socket_directories"}}
    container = (
        DockerContainer(POSTGRES_IMAGE)
        .with_envs(POSTGRES_USER="postgres", POSTGRES_PASSWORD=config.secrets["POSTGRES_PASSWORD"])
        .with_command(["postgres", *(word for name, value in wanted.items() for word in ("-c", f"{name}={value}"))])
    )
    return _bound(container, 5432, config.ports.postgres)


def _bound(container: DockerContainer, inside: int, port: int) -> DockerContainer:
    """Published on this machine alone: `with_bind_ports` would open the port to all."""
    ports: dict[str, Any] = container.ports
    ports[str(inside)] = (HOST, port)
    return container


async def _nothing(_report: Report) -> None:
    """Kafka has nothing to settle."""


Question = tuple[Callable[[], Awaitable[None]], Callable[[Report], Awaitable[None]]]


def _of_kafka(config: Config) -> Question:
    return metadata_answers(config.kafka_bootstrap_servers), _nothing


def _of_postgres(config: Config) -> Question:
    program = postgres.program(config)  # the same question, the same owner
    return program.ready, program.settle


MAKERS: Final[Mapping[str, Callable[[Config], DockerContainer]]] = {"kafka": _kafka, "postgres": _postgres}
QUESTIONS: Final[Mapping[str, Callable[[Config], Question]]] = {"kafka": _of_kafka, "postgres": _of_postgres}
