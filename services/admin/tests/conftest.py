"""Admin on real servers, its own process's worth of it in a thread, and people who may sign in."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn
from bitloot_admin.app import create_app
from bitloot_admin.identity import Identity
from bitloot_admin.models.people import NewPerson
from bitloot_admin.rights import RIGHTS, Role
from bitloot_admin.settings import Settings
from bitloot_admin.use_cases.add_person import add_person
from bitloot_admin.use_cases.generate_history import generate_history
from bitloot_common import db
from bitloot_common import topics as topics_module
from bitloot_local.layout import REPOSITORY
from bitloot_local.pytest_plugin import Database, KafkaServer
from pydantic import SecretStr

TOKEN = "bootstrap-token-of-the-tests"
PASSWORD = "correct horse battery staple"
ORDERS = 400


@dataclass(frozen=True)
class Admin:
    """The running service, and the database as its owner sees it."""

    url: str
    owner_url: str
    settings: Settings

    def client(self, **options: Any) -> httpx.Client:
        """A caller whom nobody knows."""
        return httpx.Client(base_url=self.url, trust_env=False, timeout=30, **options)

    def bearer(self, token: str = TOKEN) -> httpx.Client:
        """A caller with a token."""
        return self.client(headers={"authorization": f"Bearer {token}"})

    def signed_in(self, email: str) -> httpx.Client:
        """A person with a session, who sends its CSRF proof."""
        client = self.client()
        answer = client.post("/admin/session", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["x-csrf-token"] = client.get("/admin/session").json()["csrfToken"]
        return client

    def sql(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """Runs a statement as the schema's owner."""
        rows: list[asyncpg.Record] = run(_sql(self.owner_url, statement, *values))
        return rows

    def sql_as_admin(self, statement: str) -> None:
        """Runs a statement as the service's own database role."""
        run(_sql(self.settings.database_url, statement))


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Runs it in a loop of its own, in a thread of its own: the tests' loop may be running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


async def _sql(url: str, statement: str, *values: Any) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        await db.prepare(connection)
        return await connection.fetch(statement, *values)
    finally:
        await connection.close()


async def _people(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await db.prepare(connection)
        for role in Role:
            new = NewPerson(email=f"{role}@bitloot.example", name=role, role=role, password=SecretStr(PASSWORD))
            await add_person(connection, new, by=Identity("test", Role.ADMIN, RIGHTS[Role.ADMIN]))
    finally:
        await connection.close()


def eventually(what: Callable[[], Any], *, deadline_s: float = 30) -> Any:
    """What `what` returns, once it is true. Fails at the deadline."""
    ends = time.monotonic() + deadline_s
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < ends, f"not within {deadline_s} s: {what}"
        time.sleep(0.05)


@pytest.fixture(name="eventually", scope="session")
def eventually_fixture() -> Callable[..., Any]:
    return eventually


@pytest.fixture(scope="session")
def topics(kafka_server: KafkaServer) -> str:
    """The declared topics on the session's broker; its address."""
    topics_module.apply(kafka_server.bootstrap_servers, topics_module.read(REPOSITORY / "deploy" / "topics.yaml"))
    return kafka_server.bootstrap_servers


@pytest.fixture(scope="module")
def admin(database: Database, topics: str) -> Iterator[Admin]:
    """The service on a database with a small year of orders and one person of each role."""
    run(_people(database.url))
    run(generate_history(database.url, ORDERS, lambda _: None))
    settings = Settings(
        database_url=database.url_of("admin"),
        kafka_bootstrap_servers=topics,
        http_port=0,
        admin_token=SecretStr(TOKEN),
        sign_in_failures_max=3,
        sign_ins_per_source_per_minute_max=500,
        trace_url_template="https://traces.example/{traceId}",
        broker_sample_s=0.5,
    )
    with served(settings, database.url) as found:
        yield found


@contextmanager
def served(settings: Settings, owner_url: str) -> Iterator[Admin]:
    """The service in a thread, on its settings' port (0: any)."""
    config = uvicorn.Config(
        create_app(settings),
        port=settings.http_port,
        log_config=None,
        proxy_headers=False,  # as in production: the service itself says which proxies it believes
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started or not thread.is_alive(), deadline_s=90)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Admin(f"http://127.0.0.1:{port}", owner_url, settings)
    finally:
        server.should_exit = True
        thread.join()
