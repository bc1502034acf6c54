"""Webhook logs: the payload as it came, masked by default, and put back on its topic."""

from typing import Any

import pytest
from confluent_kafka import Consumer, Message

from .conftest import Admin

SECRETIVE = b'{"reservationId":"res_x","event":"delivered","note":"AAAAA-BBBB1-CCCCC","token":"abcdefgh"}'


def latest(admin: Admin, **filters: str) -> dict[str, Any]:
    found = admin.bearer().get("/admin/webhook-logs", params={"limit": 1, "outcome": "accepted", **filters}).json()
    one: dict[str, Any] = found["items"][0]
    return one


@pytest.fixture
def records(topics: str) -> Any:
    """Everything on the webhooks' topics, until the one that replays `webhook_id` came."""
    consumer = Consumer({"bootstrap.servers": topics, "group.id": "test-replays", "auto.offset.reset": "earliest"})
    consumer.subscribe(["payments.ipn", "kinguin.webhooks"])

    def of(webhook_id: str) -> Message:
        for _ in range(600):
            message = consumer.poll(0.1)
            if message and ("bitloot-replayed-from", webhook_id.encode()) in (message.headers() or []):
                return message
        raise AssertionError("no replayed message came")

    yield of
    consumer.close()


@pytest.mark.parametrize("provider", ["nowpayments", "kinguin"])
def test_a_replay_puts_the_same_bytes_on_the_topic_as_a_new_event(admin: Admin, records: Any, provider: str) -> None:
    webhook = latest(admin, provider=provider)
    client = admin.signed_in("operator@bitloot.example")
    answer = client.post(f"/admin/webhook-logs/{webhook['id']}/replay", json={"reason": "customer asks"})
    assert answer.status_code == 202
    message = records(webhook["id"])
    headers = dict(message.headers())
    assert message.value() == client.get(f"/admin/webhook-logs/{webhook['id']}/raw").content
    assert message.key().decode() == webhook["orderId"]
    assert headers["ce_id"].decode() == answer.json()["eventId"] != webhook["id"]
    assert headers["ce_source"] == b"/bitloot/admin"
    assert headers["ce_type"].decode() == {
        "nowpayments": "ingress.nowpayments_ipn.v1", "kinguin": "ingress.kinguin_webhook.v1",
    }[provider]  # fmt: skip

    shown = client.get(f"/admin/webhook-logs/{webhook['id']}").json()
    assert shown["replays"][0]["actor"] == "operator@bitloot.example"
    assert shown["replays"][0]["reason"] == "customer asks"
    timeline = client.get(f"/admin/orders/{webhook['orderId']}").json()["timeline"]
    assert {entry["kind"] for entry in timeline if entry["event"] == "webhook.replayed"} == {"operator"}


def test_what_nothing_acts_on_is_not_replayed(admin: Admin) -> None:
    ignored = admin.bearer().get("/admin/webhook-logs?outcome=ignored&limit=1").json()["items"][0]
    assert admin.bearer().post(f"/admin/webhook-logs/{ignored['id']}/replay").status_code == 409


def test_a_body_beyond_its_retention_is_gone(admin: Admin) -> None:
    webhook = latest(admin, eventType="waiting")
    admin.sql(
        "update webhook_logs set body = null, headers = '{}', source_address = null,"
        " body_removed_at = received_at + interval '90 days 1 hour' where id = $1",
        webhook["id"],
    )
    client = admin.bearer()
    shown = client.get(f"/admin/webhook-logs/{webhook['id']}").json()
    assert (shown["body"], shown["headers"], shown["bodyRemovedAfterDays"]) == (None, {}, 90)
    page = client.get(f"/webhooks/{webhook['id']}").text
    assert "were removed after 90 days" in page
    assert "Headers" not in page
    assert "Exact bytes" not in page
    for answer in (
        client.post(f"/admin/webhook-logs/{webhook['id']}/replay"),
        client.get(f"/admin/webhook-logs/{webhook['id']}/raw"),
    ):
        assert (answer.status_code, "after 90 days" in answer.json()["detail"]) == (410, True)


def test_the_payload_is_masked_until_somebody_reveals_it(admin: Admin) -> None:
    webhook = latest(admin, eventType="give")
    admin.sql("update webhook_logs set body = $2 where id = $1", webhook["id"], SECRETIVE)
    viewer = admin.signed_in("viewer@bitloot.example")
    shown = viewer.get(f"/admin/webhook-logs/{webhook['id']}")
    page = viewer.get(f"/webhooks/{webhook['id']}")
    assert shown.json()["masked"] is True
    for text in (shown.text, page.text):
        assert "AAAAA-BBBB1-CCCCC" not in text
        assert "abcdefgh" not in text
    assert viewer.get(f"/admin/webhook-logs/{webhook['id']}/raw").status_code == 403
    operator = admin.signed_in("operator@bitloot.example")
    assert operator.get(f"/admin/webhook-logs/{webhook['id']}/raw").content == SECRETIVE
    seen = operator.get("/admin/audit-log", params={"action": "webhook.revealed"}).json()["items"]
    assert (seen[0]["actor"], seen[0]["target"]) == ("operator@bitloot.example", f"webhook:{webhook['id']}")


def test_bytes_that_are_no_text_are_shown_as_hexadecimal(admin: Admin) -> None:
    webhook = latest(admin, eventType="confirming")
    admin.sql("update webhook_logs set body = $2 where id = $1", webhook["id"], b"\xff\x00<script>")
    client = admin.bearer()
    shown = client.get(f"/admin/webhook-logs/{webhook['id']}").json()
    assert (shown["bodyIsText"], shown["body"]) == (False, b"\xff\x00<script>".hex())
    raw = client.get(f"/admin/webhook-logs/{webhook['id']}/raw")
    assert raw.headers["content-disposition"].startswith("attachment")
    assert raw.headers["content-type"] == "application/octet-stream"


def test_markup_in_a_payload_stays_text(admin: Admin) -> None:
    webhook = latest(admin, eventType="delivered")
    admin.sql("update webhook_logs set body = $2 where id = $1", webhook["id"], b'{"<b>k":"</pre><script>alert(1)"}')
    page = admin.bearer().get(f"/webhooks/{webhook['id']}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
