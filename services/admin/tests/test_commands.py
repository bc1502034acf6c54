"""What an operator asks for an order leaves as an event, with an audit row and a timeline entry."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from bitloot_admin.cli import app
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
