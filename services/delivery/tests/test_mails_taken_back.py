"""What happens to a mail on its way when its order's links are revoked, its customer is erased, or it bounces early."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from bitloot_common import db
from bitloot_common.events.admin import ResendRequested, RevocationRequested
from bitloot_common.events.delivery import MailBounced
from bitloot_delivery.clients.mailer import Mail
from bitloot_delivery.clients.resend_webhooks import MailNews
from bitloot_delivery.errors import MailDelayed, MailUnreachable, MailUnwanted
from bitloot_delivery.store import erasure, mails
from bitloot_delivery.use_cases.erase_order import MailUnderWay, erase_order
from delivery_shop import CAUSE, Shop
from eventually import eventually
from test_mails import mail_due, stored_order

HTML = {"accept": "text/html"}


async def revoke(shop: Shop, order_id: Any) -> None:
    request = RevocationRequested(order_id=order_id, actor="ann", reason="mailbox hacked")
    await shop.use_cases.revoke_links(request, f"{order_id} revoked", CAUSE)


async def live_links(shop: Shop, order_id: Any) -> int:
    query = "select count(*) from links where order_id = $1 and revoked_at is null"
    return int(await shop.owner.fetchval(query, order_id))


async def refused_once(shop: Shop, smtp_server: Any, order_id: Any, line: str, error: type[Exception]) -> None:
    smtp_server.reply(line)
    try:
        with pytest.raises(error):
            await shop.mail(order_id)
    finally:
        smtp_server.reply(None)


@pytest.mark.parametrize(("line", "error"), [("451 later", MailDelayed), (None, None)])
async def test_a_mail_that_waits_is_dropped_by_a_revocation(
    shop: Shop, smtp_server: Any, line: str | None, error: type[Exception] | None
) -> None:
    """Whether it had an attempt, and so a link, or none yet."""
    order_id = await stored_order(shop)
    if line and error:
        await refused_once(shop, smtp_server, order_id, line, error)
    await revoke(shop, order_id)
    await shop.mail(order_id)  # the ladder's next attempt, or an SRE's replay
    assert smtp_server.mails(to=await shop.address(order_id)) == []
    assert await live_links(shop, order_id) == 0
    assert await shop.owner.fetchval("select status from deliveries where order_id = $1", order_id) == "dropped"
    assert (await shop.timeline(order_id))[-2:] == ["links.revoked", "mail.dropped"]
    await shop.use_cases.queue_mail.resend(ResendRequested(order_id=order_id, actor="ann"), f"{order_id} s", CAUSE)
    await mail_due(shop, order_id)
    (mail,) = smtp_server.mails(to=await shop.address(order_id))
    assert mail["messageId"] == f"{order_id}.resend.1@bitloot.example"
    assert (await shop.http.get(f"/d/{await shop.token(order_id)}", headers=HTML)).status_code == 200


async def test_a_fresh_link_asked_for_before_a_revocation_is_not_mailed(shop: Shop, smtp_server: Any) -> None:
    order_id, token = await shop.delivered_order()
    await shop.http.post(f"/d/{token}/fresh", headers=HTML)
    await revoke(shop, order_id)
    await mail_due(shop, order_id)
    assert len(smtp_server.mails(to=await shop.address(order_id))) == 1
    assert await live_links(shop, order_id) == 0


class Meanwhile:
    """A mail server at which something happens just before, or just after, it takes a mail."""

    def __init__(self, shop: Shop, *, before: Any = None, after: Any = None) -> None:
        self._mailer, self._before, self._after = shop.outside.mailer, before, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mailer, name)

    async def send(self, mail: Mail) -> None:
        if self._before:
            await self._before()
        await self._mailer.send(mail)
        if self._after:
            await self._after()


async def test_a_revocation_while_a_mail_is_being_sent_outlives_its_failure(shop: Shop, smtp_server: Any) -> None:
    order_id = await stored_order(shop)
    mailer = Meanwhile(shop, before=lambda: revoke(shop, order_id))
    smtp_server.reply("451 later")
    try:
        with pytest.raises(MailDelayed):
            await replace(shop.use_cases.send_mail, mailer=mailer).of_part(order_id, 1, CAUSE)
    finally:
        smtp_server.reply(None)
    await shop.mail(order_id)
    assert smtp_server.mails(to=await shop.address(order_id)) == []
    assert await live_links(shop, order_id) == 0


async def test_a_revocation_of_a_mail_already_gone_leaves_it_recorded(shop: Shop, smtp_server: Any) -> None:
    order_id = await stored_order(shop)
    mailer = Meanwhile(shop, after=lambda: revoke(shop, order_id))
    await replace(shop.use_cases.send_mail, mailer=mailer).of_part(order_id, 1, CAUSE)
    assert len(smtp_server.mails(to=await shop.address(order_id))) == 1
    assert await live_links(shop, order_id) == 0
    assert await shop.owner.fetchval("select status from deliveries where order_id = $1", order_id) == "mailed"
    assert len(await shop.outbox(order_id, "deliveries.mailed")) == 1


async def erase(shop: Shop, order_id: Any) -> None:
    await db.prepare(shop.owner)
    await erase_order(shop.owner, shop.outside.storage, order_id, actor="t", reason="", force=True)


async def test_an_order_is_not_erased_while_its_mail_is_being_sent(shop: Shop, smtp_server: Any) -> None:
    order_id = await stored_order(shop, status="fulfilled")
    address = await shop.address(order_id)

    async def refused() -> None:
        with pytest.raises(MailUnderWay, match=r"in \d+ s"):
            await erase(shop, order_id)

    mailer = Meanwhile(shop, before=refused)
    await replace(shop.use_cases.send_mail, mailer=mailer).of_part(order_id, 1, CAUSE)
    assert len(smtp_server.mails(to=address)) == 1
    assert await shop.outside.storage.delete_all_of(order_id) == 1, "nothing was erased by half"
    await erase(shop, order_id)
    assert await shop.address(order_id) == "None"


async def test_a_claim_waits_for_an_erasure_and_then_sends_nothing(shop: Shop, smtp_server: Any) -> None:
    order_id = await stored_order(shop)
    address = await shop.address(order_id)
    waits = "select exists (select from pg_locks where not granted and locktype = 'advisory')"
    async with shop.owner.transaction():
        await mails.lock_mails(shop.owner, order_id)
        await erasure.forget_customer(shop.owner, order_id)
        sending = asyncio.create_task(shop.mail(order_id))
        await eventually(lambda: shop.owner.fetchval(waits), "the claim waits", 30)
    await sending
    assert smtp_server.mails(to=address) == []
    assert await live_links(shop, order_id) == 0


@pytest.mark.parametrize(
    ("event", "entry", "error"),
    [("bounced", "mail.bounced", MailUnreachable), ("complained", "mail.complained", MailUnwanted)],
)
async def test_news_that_come_before_our_record_stay(
    shop: Shop, event: str, entry: str, error: type[Exception]
) -> None:
    order_id = await stored_order(shop)
    mail_id = await shop.owner.fetchval("select id from deliveries where order_id = $1", order_id)
    news = MailNews(event, mail_id, "Permanent" if event == "bounced" else "")
    mailer = Meanwhile(shop, after=lambda: shop.use_cases.record_bounce(news))
    await replace(shop.use_cases.send_mail, mailer=mailer).of_part(order_id, 1, CAUSE)
    row = await shop.owner.fetchrow("select status, last_error, mailed_at from deliveries where id = $1", mail_id)
    assert row is not None
    assert (row["status"], row["last_error"].split()[0], bool(row["mailed_at"])) == (event, event, True)
    assert entry in await shop.timeline(order_id)
    (told,) = [MailBounced.model_validate(one) for one in await shop.outbox(order_id, "deliveries.requested")]
    with pytest.raises(error):
        await shop.use_cases.record_bounce.bury(told)


async def test_a_bounce_of_a_mail_that_was_never_recorded_is_settled_by_a_resend(shop: Shop) -> None:
    """Killed after the server's answer: no `mailed_at`, but the provider tells what became of it."""
    order_id = await stored_order(shop)
    mail_id = await shop.owner.fetchval("select id from deliveries where order_id = $1", order_id)
    await shop.use_cases.record_bounce(MailNews("bounced", mail_id, "Permanent"))
    (told,) = [MailBounced.model_validate(one) for one in await shop.outbox(order_id, "deliveries.requested")]
    with pytest.raises(MailUnreachable):
        await shop.use_cases.record_bounce.bury(told)
    await shop.use_cases.queue_mail.resend(ResendRequested(order_id=order_id, actor="ann"), f"{order_id} s", CAUSE)
    await mail_due(shop, order_id)
    await shop.use_cases.record_bounce.bury(told)
    await shop.mail(order_id)  # sent anew with the same Message-ID, which the provider remembers
    assert await shop.owner.fetchval("select status from deliveries where id = $1", mail_id) == "bounced"
