"""What an operator asks for an order leaves as an event, with an audit row and a timeline entry."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from bitloot_admin.cli import app
from bitloot_common.cli.dlt import app as dlt
from bitloot_common.events import topics as names
from typer.testing import CliRunner

from .conftest import TOKEN, Admin

COMMANDS = {
    "retry-fulfillment": ("admin.fulfillment_retry_requested.v1", names.ORDERS_PAID, "order.retry_requested"),
    "resend-keys": ("admin.resend_requested.v1", names.DELIVERIES_REQUESTED, "order.resend_requested"),
    "revoke-links": ("admin.revocation_requested.v1", names.DELIVERIES_REQUESTED, "order.revocation_requested"),
}


@pytest.fixture(scope="module")
def consumer(topics: str) -> Any:
    from confluent_kafka import Consumer

    consumer = Consumer({"bootstrap.servers": topics, "group.id": "test-commands", "auto.offset.reset": "earliest"})
    consumer.subscribe([names.ORDERS_PAID, names.DELIVERIES_REQUESTED])
    yield consumer
    consumer.close()


@pytest.mark.parametrize("door", ["api", "page"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_becomes_an_event_that_its_owner_reads(admin: Admin, consumer: Any, command: str, door: str) -> None:
    event_type, topic, name = COMMANDS[command]
    client = admin.signed_in("operator@bitloot.example")
    orders = client.get("/admin/orders?status=fulfilled&limit=2").json()["items"]
    order_id = orders[door == "page"]["orderId"]  # two resends of one order would keep their distance
    reason = f"asked by {door}"
    if door == "api":
        assert client.post(f"/admin/orders/{order_id}/{command}", json={"reason": reason}).status_code == 202
    else:
        form = {"reason": reason, "csrf": client.headers.pop("x-csrf-token")}
        assert client.post(f"/orders/{order_id}/{command}", data=form).status_code == 303

    message = next(m for m in iter(lambda: consumer.poll(30), None) if reason.encode() in m.value())
    headers = dict(message.headers())
    assert (message.topic(), headers["ce_type"].decode()) == (topic, event_type)
    assert message.key().decode() == headers["ce_subject"].decode() == order_id

    row = client.get("/admin/audit-log", params={"target": f"order:{order_id}"}).json()["items"][0]
    assert (row["action"], row["reason"], row["actor"]) == (name, reason, "operator@bitloot.example")
    entry = client.get(f"/admin/orders/{order_id}").json()["timeline"][-1]
    assert (entry["event"], entry["kind"], entry["detail"]["reason"]) == (name, "operator", reason)


def an_order(admin: Admin, number: int) -> str:
    """One that no other test commands."""
    return str(admin.bearer().get("/admin/orders?status=fulfilled&limit=20").json()["items"][number]["orderId"])


@pytest.mark.parametrize("command", COMMANDS)
def test_the_same_key_commands_once(admin: Admin, command: str) -> None:
    """A client that heard nothing asks again; here four times at once, and once more with another reason."""
    path = f"/admin/orders/{an_order(admin, 4 + list(COMMANDS).index(command))}/{command}"
    headers = {"idempotency-key": "one"}

    def ask(_: int) -> Any:
        return admin.bearer().post(path, json={"reason": "lost"}, headers=headers)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(ask, range(4)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["eventId"] for answer in answers}) == 1
    rows = admin.bearer().get("/admin/audit-log", params={"target": f"order:{path.split('/')[3]}"}).json()["items"]
    assert len(rows) == 1
    assert admin.bearer().post(path, json={"reason": "found"}, headers=headers).status_code == 422
    assert admin.bearer().post(path, headers={"idempotency-key": "no space"}).status_code == 422


def test_resends_of_one_order_keep_their_distance(admin: Admin) -> None:
    order_id, other = an_order(admin, 8), an_order(admin, 9)
    path = f"/admin/orders/{order_id}/resend-keys"
    assert admin.bearer().post(path).status_code == 202
    soon = admin.bearer().post(path)
    assert soon.status_code == 429
    assert 0 < int(soon.headers["retry-after"]) <= 60
    assert admin.bearer().post(f"/admin/orders/{other}/resend-keys").status_code == 202
    assert admin.bearer().post(f"/admin/orders/{order_id}/revoke-links").status_code == 202, "never held back"
    again = "insert into audit_log (actor, action, target, at)"
    for minutes in (10, 20, 30, 40, 50):
        admin.sql(
            f"{again} values ('a', 'order.resend_requested', 'order:{order_id}', now() - interval '{minutes} min')"
        )
    often = admin.bearer().post(path)
    assert (often.status_code, "6 times" in often.json()["detail"]) == (429, True)
    page = admin.signed_in("operator@bitloot.example")
    form = {"reason": "", "csrf": page.headers.pop("x-csrf-token")}
    refused = page.post(f"/orders/{order_id}/resend-keys", data=form, headers={"accept": "text/html"})
    assert (refused.status_code, "Too soon" in refused.text) == (429, True)


def test_an_order_that_is_not_there_is_not_commanded(admin: Admin) -> None:
    path = "/admin/orders/01890000-0000-7000-8000-000000000000/resend-keys"
    assert admin.bearer().post(path).status_code == 404


ACTS = {"retry": "order.retry_requested", "resend": "order.resend_requested", "revoke": "order.revocation_requested"}


def shell(admin: Admin, *words: str, code: int = 0) -> str:
    env = {"ADMIN_URL": admin.url, "ADMIN_TOKEN": TOKEN}
    done = CliRunner().invoke(app, list(words), env=env)
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.parametrize("act", ACTS)
def test_an_order_is_acted_on_from_a_shell(admin: Admin, act: str) -> None:
    order_id = an_order(admin, 12 + list(ACTS).index(act))
    told = json.loads(shell(admin, act, order_id, "--reason", f"by {act}", "--json"))
    assert (told["orderId"], told["command"]) == (order_id, ACTS[act])
    [row] = admin.bearer().get(f"/admin/audit-log?target=order:{order_id}&limit=1").json()["items"]
    assert (row["action"], row["reason"], row["actor"]) == (ACTS[act], f"by {act}", "token:bootstrap")
    assert "404" in shell(admin, act, "01890000-0000-7000-8000-000000000000", code=1)


def test_a_webhook_is_replayed_from_a_shell(admin: Admin) -> None:
    webhook = admin.bearer().get("/admin/webhook-logs?outcome=accepted&limit=1").json()["items"][0]["id"]
    told = json.loads(shell(admin, "replay-webhook", webhook, "--reason", "lost", "--json"))
    [row] = admin.bearer().get(f"/admin/audit-log?target=webhook:{webhook}&limit=1").json()["items"]
    assert (row["action"], row["reason"], row["detail"]["eventId"]) == ("webhook.replayed", "lost", told["eventId"])


def test_a_group_is_noted_and_jobs_are_seen_from_a_shell(admin: Admin) -> None:
    group = admin.bearer().get("/admin/dead-letters?limit=1").json()["items"][0]["group"]
    shell(admin, "note", group, "the offer is gone", "--reason", "told by Kinguin")
    [row] = admin.bearer().get(f"/admin/audit-log?target=group:{group}").json()["items"]
    assert (row["reason"], row["detail"]) == ("told by Kinguin", {"note": "the offer is gone"})
    assert json.loads(shell(admin, "jobs", "--json")) == {"items": []}
    assert "404" in shell(admin, "abort", "01890000-0000-7000-8000-000000000000", code=1)


def test_a_shell_tells_the_same_effects_as_the_page(admin: Admin) -> None:
    [group, *_] = admin.bearer().get("/admin/dead-letters/groups?state=replayed").json()["items"]
    wanted = {"group": group["fingerprint"], "state": "replayed", "dryRun": True}
    effects = admin.bearer().post("/admin/dead-letters/replay", json=wanted).json()["plan"]["effects"]
    assert any(effect.startswith("probably none") for effect in effects)
    env = {"DATABASE_URL": admin.settings.database_url, "KAFKA_BOOTSTRAP_SERVERS": "none"}
    words = ["replay", "--fingerprint", group["fingerprint"], "--state", "replayed", "--dry-run", "--json"]

    def told() -> Counter[str]:
        done = CliRunner().invoke(dlt, words, env=env)
        assert done.exit_code == 0, done.output
        return Counter(each["effect"] for each in json.loads(done.output)["sendings"])

    assert told() == effects
    outage = "insert into outages (id, service, dependency, detail) values (gen_random_uuid(), $1, 'kinguin', 'open')"
    admin.sql(outage, group["service"])
    try:
        away = f"would wait: {group['service']} says that kinguin is away"
        assert told()[away] == effects.get("will be handled", 0)
    finally:
        admin.sql("delete from outages")


def test_the_button_replays_what_the_plan_has_shown(admin: Admin) -> None:
    """Every filter of the plan's URL is in its form, and what dies in between is not meant."""
    client = admin.signed_in("operator@bitloot.example")
    letter = client.get("/admin/dead-letters?limit=1&state=replayed").json()["items"][0]
    query = {"group": letter["group"], "error": letter["errorClass"], "topic": letter["originalTopic"],
             "orderId": letter["orderId"], "since": "2000-01-01T00:00:00Z", "state": "replayed"}  # fmt: skip
    page = client.get("/dead-letters/replay", params=query, headers={"accept": "text/html"}).text
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    assert form.keys() == {*query, "until", "csrf"}
    assert "Replay 1 message" in page
    answer = client.post("/dead-letters/replay", data=form)
    assert answer.status_code == 303, answer.text
    job = client.get(f"/admin{answer.headers['location']}").json()
    assert job["total"] == 1
    assert job["selection"].keys() >= query.keys() | {"until"}


def test_where_is_my_key_from_a_shell(admin: Admin) -> None:
    """The generated client, through the command line."""
    newest = admin.bearer().get("/admin/orders?status=fulfilled&limit=1").json()["items"][0]
    env = {"ADMIN_URL": admin.url, "ADMIN_TOKEN": TOKEN}
    found = CliRunner().invoke(app, ["find", newest["email"], "--json"], env=env)
    assert newest["orderId"] in [each["orderId"] for each in json.loads(found.output)["items"]]
    shown = CliRunner().invoke(app, ["order", newest["orderId"]], env=env)
    assert shown.exit_code == 0, shown.output
    assert "fulfilment fulfilled" in shown.output
    assert "mail.sent" in shown.output
