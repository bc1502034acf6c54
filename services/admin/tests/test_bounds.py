"""What is refused before anything reads it, and what is told when the database cannot be asked."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from .conftest import PASSWORD, Admin, _sql, eventually, run

HTML = {"accept": "text/html"}


def test_a_body_that_is_too_large_is_not_read(admin: Admin) -> None:
    """Its length is told and none of it is sent: the answer comes all the same."""
    where = urlsplit(admin.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall(
            b"POST /admin/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: 80000000\r\n\r\n"
        )
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413"), answer
    assert b"application/problem+json" in answer


def test_a_body_of_unknown_length_is_read_to_the_limit(admin: Admin) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"email": "'
        for _ in range(25):
            yield b"x" * 100_000
        yield b'", "password": "x"}'

    answer = admin.client().post("/admin/session", content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize(("path", "kind"), [
    ("/admin/session", "text/plain"), ("/admin/session", "application/x-www-form-urlencoded"), ("/admin/session", ""),
    ("/sign-in", "application/json"),
])  # fmt: skip
def test_a_body_of_another_kind_is_refused(admin: Admin, path: str, kind: str) -> None:
    body = json.dumps({"email": "viewer@bitloot.example", "password": PASSWORD})
    headers = {"content-type": kind} if kind else {}
    assert admin.client().post(path, content=body, headers=headers).status_code == 415


def test_who_it_is_comes_before_what_they_send(admin: Admin) -> None:
    """Nobody learns anything from a body that nobody may send."""

    def post(client: httpx.Client) -> int:
        headers = {"content-type": "application/json"}
        return client.post("/admin/people", content=b"{not json", headers=headers).status_code

    assert post(admin.client()) == 401
    assert post(admin.signed_in("viewer@bitloot.example")) == 403
    assert post(admin.bearer()) == 422


FILTERS = [
    ("orders", "q"), ("orders", "email"), ("payments", "q"), ("payments", "status"), ("reservations", "q"),
    ("reservations", "reservationId"), ("reservations", "status"), ("deliveries", "q"), ("deliveries", "status"),
    ("webhook-logs", "provider"), ("webhook-logs", "eventType"), ("webhook-logs", "orderId"), ("webhook-logs", "q"),
    ("webhook-logs", "paymentId"), ("webhook-logs", "reservationId"), ("dead-letters", "group"),
    ("dead-letters", "service"), ("dead-letters", "q"), ("audit-log", "actor"), ("audit-log", "action"),
    ("audit-log", "target"), ("audit-log", "q"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "name"), FILTERS)
@pytest.mark.parametrize("format", ["json", "csv"])
def test_a_character_that_no_column_holds_is_no_error_of_ours(admin: Admin, path: str, name: str, format: str) -> None:  # noqa: A002
    answer = admin.bearer().get(f"/admin/{path}?{name}=a%00b&format={format}")
    assert answer.status_code in {200, 422}, answer.text


def test_nor_is_it_on_a_page(admin: Admin) -> None:
    client = admin.signed_in("viewer@bitloot.example")
    for path in (
        "/dead-letters?group=a%00b",
        "/audit?actor=a%00b",
        "/search?q=a%00b",
        "/dead-letters/replay?error=a%00b",
    ):
        answer = client.get(path, headers=HTML)
        assert answer.status_code in {200, 303, 422}, path
        assert answer.status_code == 303 or answer.headers["content-type"].startswith("text/html")


async def cut_off(admin: Admin) -> None:
    """Ends all connections of the service's role, and lets it make no more."""
    connection = await asyncpg.connect(admin.settings.database_url)
    try:
        await _sql(admin.owner_url, "alter role bitloot_admin connection limit 0")
        others = (
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = user and pid <> pg_backend_pid()"
        )
        await connection.execute(others)
    finally:
        await connection.close()


def status_of(client: httpx.Client) -> int | None:
    """None for no answer at all: the connection that it came on was closed."""
    try:
        return client.get("/orders", headers=HTML).status_code
    except httpx.TransportError:
        return None


def test_without_its_database_it_says_so_and_when_to_come_back(admin: Admin) -> None:
    client = admin.signed_in("viewer@bitloot.example")
    try:
        run(cut_off(admin))
        # a backend that was told to end may answer once more
        eventually(lambda: status_of(client) == 503)
        page = client.get("/orders", headers=HTML)
        api = client.get("/admin/orders")
    finally:
        admin.sql("alter role bitloot_admin connection limit -1")
    for answer in (page, api):
        assert (answer.status_code, answer.headers.get("retry-after")) == (503, "5"), answer.text
    assert page.headers["content-type"].startswith("text/html")
    assert "does not answer" in page.text
    assert api.headers["content-type"] == "application/problem+json"
    # and it is back by itself, once the pool has found out which of its connections are gone
    eventually(lambda: status_of(client) == 200)


def test_an_error_of_ours_on_a_page_is_a_page(admin: Admin) -> None:
    client = admin.signed_in("viewer@bitloot.example")
    admin.sql("alter table webhook_logs rename to webhook_logs_away")
    try:
        page = client.get("/webhooks", headers=HTML)
        api = admin.bearer().get("/admin/webhook-logs")
    finally:
        admin.sql("alter table webhook_logs_away rename to webhook_logs")
    assert (page.status_code, api.status_code) == (500, 500)
    assert page.headers["content-type"].startswith("text/html")
    assert "Something went wrong" in page.text
    assert "webhook_logs" not in page.text + api.text
