"""Mail over Resend's HTTP API, against a server that answers as its documentation says."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from bitloot_common.events.admin import ResendRequested
from bitloot_common.events.delivery import MailBounced
from bitloot_delivery.clients.mailer import Mail
from bitloot_delivery.clients.resend import open_resend
from bitloot_delivery.clients.resend_webhooks import NotFromResend, ResendWebhooks
from bitloot_delivery.errors import MailDelayed, MailDown, MailRefused, MailUnreachable
from bitloot_delivery.settings import MailSettings
from delivery_shop import CAUSE, Shop, a_code, an_app

MAIL = Mail("order.keys.1@bitloot.example", str(uuid4()), "buyer@example.com", "Subject", "text", "<p>html</p>", "en")
SECRET = "whsec_" + base64.b64encode(b"a webhook secret").decode()


@dataclass
class ResendOfTests:
    """Remembers idempotency keys for 24 hours, as the real one; answers `answers` first, if there are any."""

    url: str = ""
    sent: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, bytes] = field(default_factory=dict)
    answers: list[tuple[int, dict[str, str], str]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        status, more, text = self.answers.pop(0) if self.answers else self._take(headers, body)
        lines = [f"HTTP/1.1 {status} X", "connection: close", f"content-length: {len(text)}"]
        lines += [f"{name}: {value}" for name, value in more.items()]
        writer.write(("\r\n".join(lines) + "\r\n\r\n" + text).encode())
        await writer.drain()
        writer.close()

    def _take(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
        if headers.get("authorization") != "Bearer re_test":
            return 401, {}, json.dumps({"name": "missing_api_key"})
        key = headers["idempotency-key"]
        if self.keys.setdefault(key, body) != body:
            return 409, {}, json.dumps({"name": "invalid_idempotent_request"})
        if body not in [one["raw"] for one in self.sent]:
            self.sent.append({"raw": body, **json.loads(body)})
        return 200, {}, json.dumps({"id": "sent"})


@pytest.fixture
async def resend() -> AsyncIterator[ResendOfTests]:
    resend = ResendOfTests()
    server = await asyncio.start_server(resend.serve, "127.0.0.1", 0)
    resend.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield resend
    server.close()


def a_mailer(resend: ResendOfTests, **more: str) -> Any:
    settings: dict[str, Any] = {
        "resend_api_key": "re_test",
        "resend_base_url": resend.url,
        "email_from": "Shop <a@b.example>",
    } | more
    return open_resend(MailSettings(mail_transport="resend", **settings))


async def test_a_repeated_call_has_no_second_effect(resend: ResendOfTests) -> None:
    mailer = a_mailer(resend)
    await mailer.send(MAIL)
    await mailer.send(MAIL)
    (sent,) = resend.sent
    assert set(resend.keys) == {MAIL.message_id}
    assert (sent["to"], sent["from"]) == (["buyer@example.com"], "Shop <a@b.example>")
    assert sent["headers"]["Message-ID"] == f"<{MAIL.message_id}>"
    assert sent["tags"] == [{"name": "delivery_id", "value": MAIL.reference}]
    await mailer.send(replace(MAIL, text="another link"))  # the key was used: the first one was taken
    assert len(resend.sent) == 1
    await mailer.close()


@pytest.mark.parametrize(
    ("status", "headers", "name", "error", "wait_s"),
    [
        (422, {}, "validation_error", MailRefused, None),
        (429, {"retry-after": "7"}, "rate_limit_exceeded", MailDelayed, 7),
        (429, {}, "rate_limit_exceeded", MailDelayed, 1),
        (409, {}, "concurrent_idempotent_requests", MailDelayed, None),
        (500, {}, "application_error", MailDelayed, None),
        (403, {}, "invalid_api_key", MailDown, None),
    ],
)
async def test_refusals_are_sorted(
    resend: ResendOfTests, status: int, headers: dict[str, str], name: str, error: type[Exception], wait_s: float | None
) -> None:
    mailer = a_mailer(resend)
    resend.answers = [(status, headers, json.dumps({"name": name, "message": "buyer@example.com is no good"}))]
    with pytest.raises(error) as refusal:
        await mailer.send(MAIL)
    assert name in str(refusal.value)
    assert "buyer@" not in str(refusal.value)
    assert getattr(refusal.value, "retry_after_s", None) == wait_s
    await mailer.close()


async def test_resend_away_or_broken_off(resend: ResendOfTests) -> None:
    with pytest.raises(MailDown):
        await a_mailer(resend, resend_base_url="http://127.0.0.1:1").send(MAIL)
    resend.answers = [(200, {"content-length": "999"}, "{")]
    with pytest.raises(MailDelayed):
        await a_mailer(resend).send(MAIL)
    resend.answers = [(502, {}, "<html>")]
    with pytest.raises(MailDelayed):
        await a_mailer(resend).send(MAIL)


def signed(body: bytes, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    stamp = str(int(at or time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, f"msg_1.{stamp}.".encode() + body, hashlib.sha256)).decode()
    return {"svix-id": "msg_1", "svix-timestamp": stamp, "svix-signature": f"v1,AAAA v1,{signature}"}


def bounce(delivery_id: UUID, event: str = "email.bounced") -> bytes:
    tags = {"delivery_id": str(delivery_id)}
    told = {"type": "Permanent", "subType": "General", "message": "buyer@example.com does not exist"}
    return json.dumps({"type": event, "data": {"tags": tags, "bounce": told}}).encode()


def test_only_signed_and_fresh_news_are_believed() -> None:
    webhooks, body = ResendWebhooks(SECRET), bounce(uuid4())
    assert webhooks.read(signed(body), body).event == "bounced"
    stranger = "whsec_" + base64.b64encode(b"somebody else's").decode()
    for headers in ({}, signed(body + b" "), signed(body, time.time() - 400), signed(body, secret=stranger)):
        with pytest.raises(NotFromResend):
            webhooks.read(headers, body)
    both = ResendWebhooks(f"{stranger},{SECRET}")
    assert both.read(signed(body), body).reason == "Permanent General"
    with pytest.raises(NotFromResend):
        ResendWebhooks("").read(signed(body), body)


async def test_a_bounce_ends_among_the_dead_letters_until_a_resend_arrives(shop: Shop) -> None:
    order_id, _ = await shop.delivered_order([a_code()])
    mail_id = await shop.owner.fetchval("select id from deliveries where order_id = $1", order_id)
    settings = shop.settings.model_copy(update={"resend_webhook_secret": SECRET})
    async with AsyncExitStack() as stack:
        transport = httpx.ASGITransport(an_app(settings, shop.use_cases))
        http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://delivery.test"))
        for event in ("email.delivered", "email.bounced", "email.bounced"):
            body = bounce(mail_id, event)
            assert (await http.post("/mail/resend", content=body, headers=signed(body))).status_code == 200
        assert (await http.post("/mail/resend", content=b"{}")).status_code == 401
    row = await shop.owner.fetchrow("select * from deliveries where id = $1", mail_id)
    assert row is not None
    assert (row["status"], row["last_error"]) == ("bounced", "bounced Permanent General")
    (bounced,) = [MailBounced.model_validate(one) for one in await shop.outbox(order_id, "deliveries.requested")]
    with pytest.raises(MailUnreachable, match="bounced Permanent"):
        await shop.use_cases.record_bounce.bury(bounced)
    await shop.use_cases.queue_mail.resend(ResendRequested(order_id=order_id, actor="ann"), f"{order_id}", CAUSE)
    resent = (await shop.outbox(order_id, "deliveries.stored"))[-1]
    await shop.use_cases.send_mail(resent["deliveryId"], CAUSE)
    await shop.use_cases.record_bounce.bury(bounced)
    before = await shop.owner.fetchval("select count(*) from links where order_id = $1", order_id)
    await shop.mail(order_id)  # the first event, replayed: that mail was taken once and is not sent again
    assert await shop.owner.fetchval("select count(*) from links where order_id = $1", order_id) == before


async def test_without_a_secret_there_is_no_such_door(shop: Shop) -> None:
    assert (await shop.http.post("/mail/resend", content=b"{}")).status_code == 404
