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


def a_mailer(resend: ResendOfTests, **more: Any) -> Any:
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
        (500, {}, "application_error", MailDown, None),
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
    with pytest.raises(MailDown):
        await a_mailer(resend).send(MAIL)


async def test_a_key_that_may_only_send_is_a_good_key(resend: ResendOfTests) -> None:
    """Resend's own advice, and the reason not to ask for more: it refuses everything but sending."""
    mailer = a_mailer(resend)
    restricted = json.dumps({"name": "restricted_api_key", "message": "restricted to only send emails"})
    resend.answers = [(401, {}, restricted)]
    await mailer.check()
    mailer.breaker.trip("away for a moment")
    resend.answers = [(401, {}, restricted)]  # what the recovery's probe is told
    await asyncio.wait_for(mailer.breaker.turn(), 10)
    await mailer.send(MAIL)
    assert str(mailer.breaker.state) == "closed"
    for status, name in ((401, "missing_api_key"), (403, "invalid_api_key"), (500, "application_error")):
        resend.answers = [(status, {}, json.dumps({"name": name}))]
        with pytest.raises(MailDown, match=name):
            await mailer.check()
    await mailer.close()


async def test_a_server_that_delays_every_mail_is_away(resend: ResendOfTests) -> None:
    """Its probe answers all the while: only a mail that goes through says that it is back."""
    mailer = a_mailer(resend, resend_mails_per_s_max=1000.0)
    for _ in range(5):
        resend.answers = [(408, {}, json.dumps({"name": "later"}))]
        with pytest.raises(MailDelayed):
            await mailer.send(MAIL)
    assert str(mailer.breaker.state) == "open"
    resend.answers = [(200, {}, "{}"), (500, {}, "{}")]  # the probe, the mail
    await asyncio.wait_for(mailer.breaker.turn(), 10)
    with pytest.raises(MailDown):
        await mailer.send(MAIL)
    assert str(mailer.breaker.state) == "open"
    resend.answers = [(200, {}, "{}")]
    await asyncio.wait_for(mailer.breaker.turn(), 10)
    await mailer.send(MAIL)
    assert str(mailer.breaker.state) == "closed"
    await mailer.close()


async def test_mails_keep_to_the_rate_and_a_429_holds_all_of_them(resend: ResendOfTests) -> None:
    mailer = a_mailer(resend, resend_mails_per_s_max=20.0)
    clock = asyncio.get_running_loop().time
    begun = clock()
    for _ in range(5):
        async with mailer.turn():
            pass
    assert clock() - begun >= 4 / 20
    resend.answers = [(429, {"retry-after": "1"}, json.dumps({"name": "rate_limit_exceeded"}))]
    begun = clock()
    with pytest.raises(MailDelayed):
        await mailer.send(MAIL)
    async with mailer.turn():
        pass
    assert clock() - begun >= 1
    await mailer.close()


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
