"""Each mail once: rejections, delays, leases, notices, resends; what the mail says and what it never says."""

import asyncio
import re
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from bitloot_common.events.admin import ResendRequested, RevocationRequested
from bitloot_common.events.fulfillment import NoticeRequested
from bitloot_delivery.clients.mailer import Mail
from bitloot_delivery.clients.smtp import SmtpMailer, SmtpServer
from bitloot_delivery.errors import MailDelayed, MailDown, MailInWork, MailRefused, NoticeUnknown
from bitloot_delivery.letters import NOTICES
from bitloot_delivery.settings import LinkSettings, MailSettings
from delivery_shop import CAUSE, Shop, a_code, a_key
from pydantic import ValidationError


async def mail_due(shop: Shop, order_id: Any) -> None:
    """What the MailDue events of the order lead to."""
    for event in await shop.outbox(order_id, "deliveries.stored"):
        if "deliveryId" in event:
            await shop.use_cases.send_mail(event["deliveryId"], CAUSE)


async def stored_order(shop: Shop, **more: Any) -> Any:
    order_id = await shop.order(**more)
    await shop.deliver(order_id, [a_code() for _ in range(more.get("quantity", 1))])
    return order_id


async def test_a_repeated_event_mails_nothing_again(shop: Shop, smtp_server: Any) -> None:
    order_id = await stored_order(shop)
    for _ in range(3):
        await shop.mail(order_id)
    assert len(smtp_server.mails(to=await shop.address(order_id))) == 1
    assert len(await shop.outbox(order_id, "deliveries.mailed")) == 1


async def test_many_at_once_mail_once(shop: Shop, smtp_server: Any) -> None:
    order_id = await stored_order(shop)
    results = await asyncio.gather(*(shop.mail(order_id) for _ in range(6)), return_exceptions=True)
    assert all(result is None or isinstance(result, MailInWork) for result in results)
    assert len(smtp_server.mails(to=await shop.address(order_id))) == 1


@pytest.mark.parametrize(
    ("line", "error", "status"),
    [
        ("550 5.1.1 <someone@example.com> no such user", MailRefused, "failed"),
        ("554 5.7.1 rejected as spam", MailRefused, "failed"),
        ("451 4.7.1 try again later", MailDelayed, "pending"),
        ("421 4.3.2 shutting down", MailDown, "pending"),
    ],
)
async def test_a_refusal_is_sorted_by_its_code(
    shop: Shop, smtp_server: Any, line: str, error: type[Exception], status: str
) -> None:
    order_id = await stored_order(shop)
    smtp_server.reply(line)
    try:
        with pytest.raises(error) as refusal:
            await shop.mail(order_id)
    finally:
        smtp_server.reply(None)
    assert line[:3] in str(refusal.value)
    assert "someone@" not in str(refusal.value), "an address ends in no dead letter"
    row = await shop.owner.fetchrow("select * from deliveries where order_id = $1", order_id)
    assert row is not None
    assert (row["status"], row["mailed_at"]) == (status, None)
    assert ("mail.refused" in await shop.timeline(order_id)) == (status == "failed")
    await shop.mail(order_id)  # an SRE replays it, or the ladder does
    (mail,) = smtp_server.mails(to=await shop.address(order_id))
    assert mail["messageId"] == f"{order_id}.keys.1@bitloot.example"


async def test_a_mail_server_that_is_away_is_an_outage(shop: Shop) -> None:
    order_id = await stored_order(shop)
    away = SmtpMailer(SmtpServer.parse("smtp://127.0.0.1:1"), "a@b.example", connections_max=1, timeout_s=5)
    sender = replace(shop.use_cases.send_mail, mailer=away)
    with pytest.raises(MailDown):
        await sender.of_part(order_id, 1, CAUSE)
    await shop.mail(order_id)


async def test_a_sender_that_died_loses_its_lease_by_time(shop: Shop, smtp_server: Any) -> None:
    order_id = await stored_order(shop)
    (mail_id,) = await shop.owner.fetchrow("select id from deliveries where order_id = $1", order_id)  # type: ignore[misc]
    dying = replace(shop.use_cases.send_mail, lease=timedelta(seconds=1))
    claimed = await dying._claim(mail_id)
    assert claimed is not None
    with pytest.raises(MailInWork):
        await shop.mail(order_id)
    await shop.owner.execute("update deliveries set claimed_until = now() where id = $1", mail_id)
    await shop.mail(order_id)
    links = await shop.owner.fetchval("select count(*) from links where order_id = $1", order_id)
    assert links == 1, "both attempts carry the same link"
    assert len(smtp_server.mails(to=await shop.address(order_id))) == 1


class Killed(BaseException):
    """What nothing handles."""


class DiesAfterTheAnswer:
    """The mail server has said 250; this process never gets to write it down."""

    def __init__(self, mailer: Any) -> None:
        self._mailer, self.turn = mailer, mailer.turn

    async def send(self, mail: Mail) -> None:
        await self._mailer.send(mail)
        raise Killed


async def test_killed_between_the_answer_and_the_commit_a_second_mail_is_the_same(shop: Shop, smtp_server: Any) -> None:
    order_id = await stored_order(shop)
    dying = replace(shop.use_cases.send_mail, mailer=DiesAfterTheAnswer(shop.outside.mailer))  # type: ignore[arg-type]
    with pytest.raises(Killed):
        await dying.of_part(order_id, 1, CAUSE)
    with pytest.raises(MailInWork):
        await shop.mail(order_id)
    await shop.owner.execute("update deliveries set claimed_until = now() where order_id = $1", order_id)
    await shop.mail(order_id)
    first, second = smtp_server.mails(to=await shop.address(order_id))
    for name in ("messageId", "subject", "text", "html"):
        assert first[name] == second[name]
    assert len(await shop.outbox(order_id, "deliveries.mailed")) == 1


class CannotBeRecorded:
    """The mail server has said 250; then the database takes no writes until it is told to."""

    def __init__(self, shop: Shop) -> None:
        self._shop, self.turn = shop, shop.outside.mailer.turn

    async def send(self, mail: Mail) -> None:
        await self._shop.outside.mailer.send(mail)
        await self.writes("revoke update on deliveries from")

    async def writes(self, statement: str) -> None:
        role = await self._shop.use_cases.send_mail.pool.fetchval("select current_user")
        await self._shop.owner.execute(f"{statement} {role}")


async def test_a_mail_that_could_not_be_recorded_is_recorded_later_and_not_sent_again(
    shop: Shop, smtp_server: Any
) -> None:
    order_id = await stored_order(shop)
    mailer = CannotBeRecorded(shop)
    sender = replace(shop.use_cases.send_mail, mailer=mailer)  # type: ignore[arg-type]
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await sender.of_part(order_id, 1, CAUSE)
    finally:
        await mailer.writes("grant update on deliveries to")
    assert await shop.outbox(order_id, "deliveries.mailed") == []
    await shop.owner.execute("update deliveries set claimed_until = now() where order_id = $1", order_id)
    await sender.of_part(order_id, 1, CAUSE)
    assert len(await shop.outbox(order_id, "deliveries.mailed")) == 1
    assert len(smtp_server.mails(to=await shop.address(order_id))) == 1


async def test_a_connection_that_died_in_the_pool_is_replaced(shop: Shop, smtp_server: Any) -> None:
    mailer = shop.outside.mailer
    assert isinstance(mailer, SmtpMailer)
    await shop.mail(await stored_order(shop))
    for connection in mailer._idle:
        connection.smtp.close()
    order_id = await stored_order(shop)
    await shop.mail(order_id)
    assert len(smtp_server.mails(to=await shop.address(order_id))) == 1


@pytest.mark.parametrize("notice", sorted(NOTICES))
@pytest.mark.parametrize("locale", ["en", "de"])
async def test_a_notice_carries_no_link(shop: Shop, smtp_server: Any, notice: str, locale: str) -> None:
    order_id = await shop.order(locale=locale, refund_due=10)
    event_id = str(uuid4())
    for _ in range(2):
        await shop.use_cases.queue_mail.notice(NoticeRequested(order_id=order_id, notice=notice), event_id, CAUSE)
    await mail_due(shop, order_id)
    (mail,) = smtp_server.mails(to=await shop.address(order_id))
    assert "/d/" not in mail["text"] + mail["html"]
    assert "Stellar Drift" in mail["subject"]
    assert mail["messageId"] == f"{order_id}.{notice}.1@bitloot.example"
    assert await shop.outbox(order_id, "deliveries.mailed") == [], "no link was mailed"


@pytest.mark.parametrize("notice", ["refund_due", "overpaid"])
@pytest.mark.parametrize("locale", ["en", "de"])
@pytest.mark.parametrize(("due", "sum_told"), [(None, None), (0, None), (3, "3.00 EUR")])
async def test_a_debt_is_told_with_its_own_sum_or_none(
    shop: Shop, smtp_server: Any, notice: str, locale: str, due: int | None, sum_told: str | None
) -> None:
    order_id = await shop.order(locale=locale, refund_due=due)
    request = NoticeRequested(order_id=order_id, notice=notice)
    await shop.use_cases.queue_mail.notice(request, str(uuid4()), CAUSE)
    await mail_due(shop, order_id)
    (mail,) = smtp_server.mails(to=await shop.address(order_id))
    sums = re.findall(r"\d+\.\d\d EUR", mail["text"])
    assert sums == ([sum_told] if sum_told else []), mail["text"]


async def test_an_unknown_notice_is_a_dead_letter(shop: Shop) -> None:
    order_id = await shop.order()
    with pytest.raises(NoticeUnknown):
        await shop.use_cases.queue_mail.notice(NoticeRequested(order_id=order_id, notice="tea"), "e", CAUSE)


async def test_a_resend_is_another_mail_with_another_link_and_keeps_history(shop: Shop, smtp_server: Any) -> None:
    order_id, first = await shop.delivered_order(locale="de")
    request = ResendRequested(order_id=order_id, actor="ann", reason="lost it")
    for event_id in ("one", "two", "two"):
        await shop.use_cases.queue_mail.resend(request, f"{order_id} {event_id}", CAUSE)
    await mail_due(shop, order_id)
    mails = smtp_server.mails(to=await shop.address(order_id))
    assert [mail["messageId"].split("@")[0].removeprefix(f"{order_id}.") for mail in mails] == [
        "keys.1",
        "resend.1",
        "resend.2",
    ]
    assert "Schlüssel" in mails[0]["subject"]
    assert await shop.token(order_id) != first
    rows = await shop.owner.fetch(
        "select requested_by, status from deliveries where order_id = $1 order by id", order_id
    )
    assert [tuple(row) for row in rows] == [(None, "mailed"), ("ann", "mailed"), ("ann", "mailed")]


async def test_a_revocation_takes_back_what_there_is_and_not_what_comes(shop: Shop) -> None:
    order_id, old = await shop.delivered_order()
    revocation = RevocationRequested(order_id=order_id, actor="ann", reason="leaked")
    await shop.use_cases.revoke_links(revocation, f"{order_id} r", CAUSE)
    assert (await shop.http.get(f"/d/{old}")).status_code == 410
    await shop.use_cases.queue_mail.resend(ResendRequested(order_id=order_id, actor="ann"), f"{order_id} s", CAUSE)
    await mail_due(shop, order_id)
    await shop.use_cases.revoke_links(revocation, f"{order_id} r", CAUSE)  # replayed
    assert (await shop.http.get(f"/d/{await shop.token(order_id)}")).status_code == 200
    assert (await shop.http.get(f"/d/{old}")).status_code == 410


async def test_a_part_of_an_order_is_announced_as_one(shop: Shop, smtp_server: Any) -> None:
    order_id = await shop.order(quantity=3)
    await shop.deliver(order_id, [a_code(), a_code()])
    await shop.mail(order_id)
    await shop.deliver(order_id, [a_code()], part=2)
    await shop.mail(order_id, part=2)
    mails = smtp_server.mails(to=await shop.address(order_id))
    assert [mail["subject"].split(" for ")[0] for mail in mails] == ["2 of 3 keys", "Your 3 keys"]
    assert [one["complete"] for one in await shop.outbox(order_id, "deliveries.mailed")] == [False, True]


async def test_an_erased_customer_gets_no_mail(shop: Shop) -> None:
    order_id = await stored_order(shop, email=None)
    await shop.mail(order_id)
    assert await shop.owner.fetchval("select status from deliveries where order_id = $1", order_id) == "dropped"


async def test_an_address_that_is_none_is_refused_for_good(shop: Shop) -> None:
    order_id = await stored_order(shop, email="a@b\r\nBcc: c@d.example")
    with pytest.raises(MailRefused):
        await shop.mail(order_id)


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("smtp://mail.example", 25, "smtp"),
        ("smtps://u:p%40ss@mail.example", 465, "smtps"),
        ("smtp+starttls://mail.example:2587", 2587, "smtp+starttls"),
    ],
)
def test_smtp_urls(url: str, port: int, tls: str) -> None:
    server = SmtpServer.parse(url)
    assert (server.host, server.port, server.tls) == ("mail.example", port, tls)
    assert "p@ss" not in repr(server)
    assert server.password == ("p@ss" if "@" in url else None)


@pytest.mark.parametrize("sender", ["BitLoot", "BitLoot <keys>", "@bitloot.example", ""])
def test_a_sender_without_an_address_does_not_start(sender: str) -> None:
    with pytest.raises(ValidationError, match="email_from"):
        MailSettings(smtp_url="smtp://mail.example", email_from=sender)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://shop.example", True),
        ("http://127.0.0.1:8000/", True),
        ("https://shop.example/keys", False),
        ("https://shop.example?a=b", False),
        ("https://", False),
    ],
)
def test_the_page_is_at_the_root_of_its_origin(url: str, good: bool) -> None:
    """Its forms and files are at /d/…: below a path, links would open and nothing on them work."""
    with nullcontext() if good else pytest.raises(ValidationError, match="frontend_url"):
        LinkSettings(link_secrets=a_key(), frontend_url=url)


def test_a_wrong_smtp_url_is_refused() -> None:
    with pytest.raises(ValueError, match="smtp"):
        SmtpServer.parse("http://mail.example")
