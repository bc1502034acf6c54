"""Bulk replays as jobs: progress, abort, stopping when it fails again, and a process killed half-way.

The service is a process of its own here, so that it can be killed; the letters are rows, and what becomes of
their messages on the topics is the other services' affair.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from bitloot_common import db
from bitloot_common.deadletters import DeadLetter, table
from bitloot_common.deadletters.letter import id_of
from bitloot_common.events import topics as names
from bitloot_common.events.fulfillment import OrderPaid
from bitloot_common.events.ingress import NowPaymentsIpn
from bitloot_local.pytest_plugin import Database
from confluent_kafka import Consumer

from .conftest import TOKEN, _sql, eventually, run


@dataclass
class Service:
    """Admin as a process, and its database."""

    process: "subprocess.Popen[bytes]"
    client: httpx.Client
    owner_url: str

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def letters(self, group: str, count: int, event_type: str = OrderPaid.TYPE, body: bytes = b"") -> list[DeadLetter]:
        """So many dead letters of a new group, in the table."""
        made = [letter(group, number, event_type=event_type, body=body) for number in range(count)]
        run(_index(self.owner_url, made))
        return made

    def fail_again(self, letters: list[DeadLetter], event_id: str | None = None) -> None:
        """What the indexer writes when the replayed events have died again."""
        again = [
            letter(each.fingerprint, 9_970 + n, event_id=event_id or each.event_id) for n, each in enumerate(letters)
        ]
        run(_index(self.owner_url, again))

    def replay(self, group: str, **more: Any) -> str:
        answer = self.client.post("/admin/dead-letters/replay", json={"group": group, **more})
        assert answer.status_code == 202, answer.text
        job: str = answer.json()["job"]["id"]
        return job

    def job(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/admin/jobs/{job_id}").json()
        return found

    def over(self, job_id: str) -> dict[str, Any]:
        """The job once it has ended."""
        found: dict[str, Any] = eventually(lambda: (now := self.job(job_id))["finishedAt"] and now)
        return found

    def states(self, group: str) -> list[str]:
        found = self.client.get("/admin/dead-letters", params={"group": group, "limit": 200}).json()["items"]
        return [each["state"] for each in found]


def letter(
    group: str, number: int, event_id: str | None = None, event_type: str = OrderPaid.TYPE, body: bytes = b""
) -> DeadLetter:
    order, now = uuid4(), datetime.now(UTC)
    event_id = event_id or str(uuid4())
    headers = [("ce_id", event_id.encode()), ("ce_type", event_type.encode())]
    return DeadLetter(
        id=id_of(group, 0, number), service="fulfillment", dlt_topic=group, dlt_partition=0, dlt_offset=number,
        original_topic=names.ORDERS_PAID, original_partition=0, original_offset=number, original_timestamp=now,
        key=str(order).encode(), value=body or b'{"orderId":"%s"}' % str(order).encode(), headers=list(headers),
        event_id=event_id, event_type=event_type, order_id=order, attempts=6, error_class="Refused",
        error_message="no", fingerprint=group, first_failed_at=now, dead_at=now - timedelta(milliseconds=number % 997),
    )  # fmt: skip


async def _index(url: str, letters: list[DeadLetter]) -> None:
    connection = await asyncpg.connect(url)
    try:
        await db.prepare(connection)
        await table.index(connection, letters)
    finally:
        await connection.close()


def start(database: Database, topics: str) -> Service:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {
        "DATABASE_URL": database.url_of("admin"), "KAFKA_BOOTSTRAP_SERVERS": topics, "HTTP_PORT": str(port),
        "ADMIN_TOKEN": TOKEN, "DATABASE_POOL_SIZE_MAX": "3",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "bitloot_admin"], env=os.environ | env, stdout=subprocess.DEVNULL)
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=30
    )

    def ready() -> bool:
        assert process.poll() is None, "admin ended at its start"
        with suppress(httpx.TransportError):
            return client.get("/readyz").is_success
        return False

    eventually(ready, deadline_s=90)
    return Service(process, client, database.url)


@pytest.fixture(scope="module")
def running(database: Database, topics: str) -> Iterator[list[Service]]:
    """The services of this module, the newest last."""
    started = [start(database, topics)]
    yield started
    for each in started:
        each.process.terminate()
    for each in started:
        each.process.wait(30)


@pytest.fixture
def service(running: list[Service]) -> Service:
    return running[-1]


@pytest.fixture
def group() -> str:
    return uuid4().hex[:16]


def replayed_keys(topics: str, letters: list[DeadLetter]) -> dict[bytes, int]:
    """How often each letter's message is on its topic again."""
    wanted = {each.place.encode(): each.key or b"" for each in letters}
    consumer = Consumer({"bootstrap.servers": topics, "group.id": uuid4().hex, "auto.offset.reset": "earliest",
                         "enable.partition.eof": True})  # fmt: skip
    consumer.subscribe([names.ORDERS_PAID])
    seen, ended = dict.fromkeys(wanted.values(), 0), 0
    try:
        while ended < len(consumer.assignment()) or not consumer.assignment():
            message = consumer.poll(10)
            if message is None:
                continue
            if message.error():
                ended += 1
                continue
            place = dict(message.headers() or []).get("bitloot-replayed-from")
            if place in wanted:
                seen[wanted[place]] += 1
    finally:
        consumer.close()
    return seen


def test_a_bulk_replay_tells_how_far_it_is_and_what_came_of_it(service: Service, topics: str, group: str) -> None:
    letters = service.letters(group, 30)
    job = service.replay(group, ratePerS=20, reason="the offer is back")
    halfway = eventually(lambda: (found := service.job(job))["done"] > 0 and found)
    assert (halfway["state"], halfway["total"]) == ("running", 30)
    assert 0 < halfway["done"] < 30
    over = eventually(lambda: (found := service.job(job))["state"] != "running" and found)
    assert (over["state"], over["done"], over["failed"]) == ("finished", 30, 0)
    assert set(service.states(group)) == {"replayed"}
    assert set(replayed_keys(topics, letters).values()) == {1}
    [started] = service.client.get("/admin/audit-log", params={"target": f"job:{job}"}).json()["items"]
    assert (started["action"], started["reason"]) == ("dead_letters.replay_started", "the offer is back")


def test_an_aborted_replay_stops_and_leaves_the_rest_open(service: Service, group: str) -> None:
    service.letters(group, 100)
    job = service.replay(group, ratePerS=10)
    eventually(lambda: service.job(job)["done"] > 0)
    assert service.client.post(f"/admin/jobs/{job}/abort").status_code == 202
    over = eventually(lambda: (found := service.job(job))["finishedAt"] and found)
    assert (over["state"], bool(over["report"]["abortedBy"])) == ("aborted", True)
    assert service.states(group).count("replayed") == over["done"] < 100
    assert service.client.post(f"/admin/jobs/{job}/abort").status_code == 409


def test_a_replay_stops_by_itself_when_what_it_sends_fails_again(service: Service, group: str) -> None:
    letters = service.letters(group, 100)
    job = service.replay(group, ratePerS=10, stopAfter=3)
    eventually(lambda: service.job(job)["done"] > 0)
    service.fail_again(letters[:3])
    over = eventually(lambda: (found := service.job(job))["finishedAt"] and found)
    assert (over["state"], over["failed"], over["report"]["stopped"]) == ("aborted", 3, "3 failed again")
    assert over["done"] < 100


def test_slow_replays_leave_the_database_to_the_others(service: Service, group: str) -> None:
    """More of them than the service has connections; and no more than it takes on."""
    groups = [f"{group}{n}" for n in range(5)]
    for each in groups:
        service.letters(each, 3)
    started = [service.replay(each, ratePerS=0.1) for each in groups[:4]]
    eventually(lambda: all(service.job(job)["done"] == 1 for job in started))
    assert service.client.get("/admin/orders").status_code == 200
    assert service.client.get("/readyz").status_code == 200
    refused = service.client.post("/admin/dead-letters/replay", json={"group": groups[4]})
    assert (refused.status_code, refused.json()["detail"]) == (
        409, "4 bulk replays are running; wait for one to end, or abort one."
    )  # fmt: skip
    for job in started:
        assert service.client.post(f"/admin/jobs/{job}/abort").status_code == 202
    for job in started:
        over = service.over(job)
        assert (over["state"], over["done"]) == ("aborted", 1), "told to stop while it waits, it sends no more"
    assert service.client.post("/admin/dead-letters/replay", json={"group": groups[4]}).status_code == 202


def test_a_replay_is_no_slower_than_somebody_waits_for(service: Service, group: str) -> None:
    service.letters(group, 1)
    answer = service.client.post("/admin/dead-letters/replay", json={"group": group, "ratePerS": 0.02})
    assert answer.status_code == 422


def test_a_job_taken_up_counts_what_came_back_before(
    running: list[Service], service: Service, database: Database, topics: str, group: str
) -> None:
    letters = service.letters(group, 120)
    job = service.replay(group, ratePerS=20, stopAfter=3)
    eventually(lambda: service.job(job)["done"] > 10)
    service.kill()
    replayed = "select event_id from dead_letters where state = 'replayed' and fingerprint = $1"
    sent = {row["event_id"] for row in run(_sql(database.url, replayed, group))}
    service.fail_again([each for each in letters if each.event_id in sent][:4])
    running.append(start(database, topics))
    over = eventually(lambda: (found := running[-1].job(job))["finishedAt"] and found, deadline_s=60)
    assert (over["state"], over["failed"], over["report"]["stopped"]) == ("aborted", 4, "4 failed again")
    assert over["done"] < 120


def test_an_edited_replay_that_fails_again_is_counted(service: Service, group: str) -> None:
    raw = b'{"payment_id": 1, "payment_status": "x", "price_amount": "1,5"}'
    [first] = service.letters(f"{group}e", 1, NowPaymentsIpn.TYPE, raw)
    wanted = {"body": raw.decode().replace('"1,5"', "1.5")}
    path = f"/admin/dead-letters/{first.id}/replay-edited"
    plan = service.client.post(path, json={**wanted, "dryRun": True}).json()["plan"]
    sent_as = dict(plan["sendings"][0]["headers"])["ce_id"]
    assert sent_as != first.event_id
    job = service.client.post(path, json=wanted).json()["job"]["id"]
    eventually(lambda: service.job(job)["done"] == 1)
    service.fail_again([first], event_id=sent_as)
    over = eventually(lambda: (found := service.job(job))["finishedAt"] and found)
    assert (over["done"], over["failed"]) == (1, 1)


def test_a_replay_outlives_kill_nine(
    running: list[Service], service: Service, database: Database, topics: str, group: str
) -> None:
    letters = service.letters(group, 120)
    job = service.replay(group, ratePerS=30, stopAfter=50)
    eventually(lambda: service.job(job)["done"] > 20)
    service.kill()
    count = "select count(*) from dead_letters where state = 'open' and fingerprint = $1"
    left = run(_sql(database.url, count, group))[0][0]
    assert 0 < left < 120, "killed half-way"
    running.append(start(database, topics))
    over = eventually(lambda: (found := running[-1].job(job))["state"] != "running" and found, deadline_s=60)
    assert (over["state"], over["done"], over["total"]) == ("finished", 120, 120)
    assert set(running[-1].states(group)) == {"replayed"}
    sent = replayed_keys(topics, letters)
    assert min(sent.values()) == 1, "nothing is left out"
    assert sum(count > 1 for count in sent.values()) <= 3, "only the batch under way may be sent twice"


def test_a_discard_is_taken_back_and_the_same_failure_opens_its_group_again(service: Service, group: str) -> None:
    letters = service.letters(group, 3)

    def shown(state: str) -> dict[str, Any] | None:
        groups = service.client.get("/admin/dead-letters/groups", params={"state": state}).json()["items"]
        return next((each for each in groups if each["fingerprint"] == group), None)

    def act(name: str, **more: Any) -> int:
        answer = service.client.post(f"/admin/dead-letters/{name}", json={"group": group, "reason": "a test", **more})
        changed: int = answer.json()["changed"]
        return changed

    note = {"note": "the comma again; ask the provider"}
    assert service.client.put(f"/admin/dead-letters/groups/{group}/note", json=note).status_code == 204
    assert act("discard", dryRun=True) == 3
    assert set(service.states(group)) == {"open"}
    assert act("discard") == 3
    assert shown("open") is None
    assert act("restore", ids=[str(letters[0].id)]) == 1
    assert sorted(service.states(group)) == ["discarded", "discarded", "open"]
    assert act("discard") == 1
    settled = shown("discarded")
    assert settled
    assert settled["cameBack"] is False

    service.fail_again(letters[:1])
    back = shown("open")
    assert back, "the group is open again"
    assert (back["open"], back["total"], back["cameBack"], back["note"]) == (1, 4, True, note["note"])
    audit = service.client.get("/admin/audit-log", params={"target": f"dead_letter:{letters[0].id}"}).json()["items"]
    assert [row["action"] for row in audit] == [
        "dead_letter.discarded", "dead_letter.restored", "dead_letter.discarded",
    ]  # fmt: skip
