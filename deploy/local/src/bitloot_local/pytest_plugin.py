"""The stack for tests: real servers, each started when a test first asks for it.

    kafka_server, postgres_server, s3_server, smtp_server   one server each, for the whole session
    servers                                                 the four of them
    database                                                a fresh migrated database per test module
    system                                                  the whole system; kill it, restart it, look at it
    systems                                                 the same by adapter: systems("esa")

TEST_SERVERS=testcontainers makes Kafka and PostgreSQL containers, where there is Docker (`containers.py`).

Everything lives under `.local/test/<pid>` and is stopped when the session ends, however it ends; what a
killed session left behind is stopped by the next one. The directory stays when a test failed.
"""

import fcntl
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bitloot_local import processes
from bitloot_local.config import Config, KinguinApi
from bitloot_local.environment import DATABASE_PASSWORDS, S3_BUCKET, S3_REGION, secrets
from bitloot_local.layout import DEFAULT_ROOT
from bitloot_local.ports import HOST, url
from bitloot_local.program import Job
from bitloot_local.servers import postgres
from bitloot_local.servers.python_services import BITLOOT
from bitloot_local.stack import run_job, stop_all
from bitloot_local.system import System, in_thread, settings

TEST_ROOTS = DEFAULT_ROOT / "test"
TEMPLATE = "bitloot_template"
TRACES = "traces.jsonl"  # below a system's directory: every span of every service of ours, one a line


@dataclass(frozen=True)
class KafkaServer:
    bootstrap_servers: str


@dataclass(frozen=True)
class PostgresServer:
    """`url` is the owner's (role bitloot: may make roles and databases), `superuser_url` the cluster's."""

    url: str
    superuser_url: str
    config: Config

    def url_of(self, role: str, database: str) -> str:
        """DSN of `bitloot`, or of a service's role by the service's name."""
        if role == "bitloot":
            return self.config.database_url("bitloot", "OWNER_DATABASE_PASSWORD", database)
        return self.config.database_url(f"bitloot_{role}", f"{role.upper()}_DATABASE_PASSWORD", database)


@dataclass(frozen=True)
class Database:
    """Migrated and empty. `url` is the owner's; `url_of("ingress")` what that service would get."""

    name: str
    url: str
    server: PostgresServer

    def url_of(self, service: str) -> str:
        return self.server.url_of(service, self.name)


@dataclass(frozen=True)
class S3Server:
    endpoint_url: str
    bucket: str
    region: str
    access_key_id: str
    secret_access_key: str
    allowed_origin: str


@dataclass(frozen=True)
class SmtpServer:
    url: str
    host: str
    port: int
    mailbox_url: str

    def mails(self, to: str | None = None) -> list[dict[str, Any]]:
        """Everything that arrived, or what arrived for one address; the oldest first."""
        mails: list[dict[str, Any]] = httpx.get(f"{self.mailbox_url}/api/email", trust_env=False).json()
        return [mail for mail in mails if to is None or to in mail["envelope"]["to"]]

    def reply(self, line: str | None) -> None:
        """From now on every mail is answered so (`451 try later`); None: accepted again."""
        answer = httpx.post(f"{self.mailbox_url}/api/control", json={"reply": line}, trust_env=False)
        answer.raise_for_status()


@dataclass(frozen=True)
class Servers:
    kafka: KafkaServer
    postgres: PostgresServer
    s3: S3Server
    smtp: SmtpServer


@pytest.fixture(scope="session")
def stack_root(request: pytest.FixtureRequest) -> Iterator[Path]:
    """This session's directory; nothing that was started under it outlives the session."""
    root = TEST_ROOTS / str(os.getpid())
    TEST_ROOTS.mkdir(parents=True, exist_ok=True)
    with (TEST_ROOTS / "sweep.lock").open("w") as sweeping:  # several processes of pytest begin at the same moment
        fcntl.flock(sweeping, fcntl.LOCK_EX)
        sweep_leftovers()
        root.mkdir(exist_ok=True)
        lock = (root / "session.lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    with lock:
        try:
            yield root
        finally:
            stop_below(root)
    if not request.session.testsfailed:
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def own_servers(stack_root: Path) -> Iterator[System]:
    config = settings(stack_root / "servers")
    if os.environ.get("TEST_SERVERS") != "testcontainers":
        yield System(config)
        return
    from bitloot_local.containers import ContainerServers  # of the development group, and only here

    servers = ContainerServers(config)
    try:
        yield servers
    finally:
        servers.remove()


@pytest.fixture(scope="session")
def kafka_server(own_servers: System) -> KafkaServer:
    own_servers.start_server("kafka")
    return KafkaServer(own_servers.config.kafka_bootstrap_servers)


@pytest.fixture(scope="session")
def postgres_server(own_servers: System) -> PostgresServer:
    own_servers.start_server("postgres")
    config = own_servers.config
    return PostgresServer(
        url=config.database_url("bitloot", "OWNER_DATABASE_PASSWORD"),
        superuser_url=config.database_url("postgres", "POSTGRES_PASSWORD", "postgres"),
        config=config,
    )


@pytest.fixture(scope="session")
def s3_server(own_servers: System) -> S3Server:
    own_servers.start_server("s3")
    config = own_servers.config
    return S3Server(
        endpoint_url=config.s3_endpoint_url,
        bucket=S3_BUCKET,
        region=S3_REGION,
        access_key_id=config.secrets["R2_ACCESS_KEY_ID"],
        secret_access_key=config.secrets["R2_SECRET_ACCESS_KEY"],
        allowed_origin=url(config.ports.delivery),
    )


@pytest.fixture(scope="session")
def smtp_server(own_servers: System) -> SmtpServer:
    own_servers.start_server("smtp")
    ports = own_servers.config.ports
    return SmtpServer(f"smtp://{HOST}:{ports.smtp}", HOST, ports.smtp, url(ports.mailbox))


@pytest.fixture(scope="session")
def servers(
    kafka_server: KafkaServer, postgres_server: PostgresServer, s3_server: S3Server, smtp_server: SmtpServer
) -> Servers:
    return Servers(kafka_server, postgres_server, s3_server, smtp_server)


@pytest.fixture(scope="session")
def database_template(postgres_server: PostgresServer) -> str:
    """Migrated once by `bitloot db upgrade`; copies of it are made in a tenth of the time."""
    in_thread(postgres.execute(postgres_server.superuser_url, f"CREATE DATABASE {TEMPLATE} OWNER bitloot"))
    config = postgres_server.config
    env = {
        "DATABASE_URL": postgres_server.url_of("bitloot", TEMPLATE),
        **secrets(config, *DATABASE_PASSWORDS),
    }
    in_thread(run_job(Job("schema", (BITLOOT, "db", "upgrade"), env), config))
    return TEMPLATE


@pytest.fixture(scope="module")
def database(postgres_server: PostgresServer, database_template: str) -> Iterator[Database]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    superuser = postgres_server.superuser_url
    in_thread(postgres.execute(superuser, f"CREATE DATABASE {name} TEMPLATE {database_template} OWNER bitloot"))
    yield Database(name, postgres_server.url_of("bitloot", name), postgres_server)
    in_thread(postgres.execute(superuser, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def systems(stack_root: Path) -> Callable[[KinguinApi], System]:
    """The whole system on one of Kinguin's adapters, started at its first use."""
    started: dict[KinguinApi, System] = {}

    def of(kinguin_api: KinguinApi) -> System:
        if kinguin_api not in started:
            config = settings(stack_root / f"system-{kinguin_api}", kinguin_api)
            machine = {**config.machine, "OTEL_TRACES_FILE": str(config.layout.root / TRACES)}
            system = System(replace(config, machine=machine))
            system.up()
            started[kinguin_api] = system
        return started[kinguin_api]

    return of


@pytest.fixture(scope="session")
def system(systems: Callable[[KinguinApi], System]) -> System:
    return systems("reservations")


def sweep_leftovers() -> None:
    """Stops and forgets what sessions left behind that did not end by themselves, or failed."""
    for root in TEST_ROOTS.glob("*/"):
        with (root / "session.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # that session is still at work
            stop_below(root)
        shutil.rmtree(root, ignore_errors=True)


def stop_below(directory: Path) -> None:
    stop_all(processes.find_below(directory))
