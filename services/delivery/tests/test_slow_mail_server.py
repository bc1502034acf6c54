"""A mail server that takes its time, or has something against us: no second mail, no mail blamed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd import smtp
from bitloot_delivery.clients.mailer import Mail
from bitloot_delivery.clients.smtp import SmtpMailer, SmtpServer
from bitloot_delivery.errors import MailDelayed, MailDown, MailInWork, MailRefused
from bitloot_delivery.use_cases.send_mail import SendMail
from delivery_shop import CAUSE, Shop
from eventually import eventually
from test_mails import stored_order

A_MAIL = Mail("one@bitloot.example", "1", "someone@example.com", "Hello", "text", "<p>text</p>", "en")


@dataclass
class SlowServer:
    """Takes each mail at once and answers when `free`; or answers as `says` tells, by command."""

    port: int = 0
    taken: list[str] = field(default_factory=list)
    free: asyncio.Event = field(default_factory=asyncio.Event)
    says: dict[str, str] = field(default_factory=dict)

    async def handle_MAIL(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if "MAIL" in self.says:
            return self.says["MAIL"]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if "RCPT" in self.says:
            return self.says["RCPT"]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if "DATA" in self.says:
            return self.says["DATA"]
        self.taken.append(envelope.rcpt_tos[0])
        await self.free.wait()
        return "250 OK"


@pytest.fixture
async def slow() -> AsyncIterator[SlowServer]:
    found = SlowServer()
    server = await asyncio.get_running_loop().create_server(lambda: smtp.SMTP(found), "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    found.free.set()
    server.close()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


def a_mailer(stack: AsyncExitStack, slow: SlowServer, **more: Any) -> SmtpMailer:
    options: dict[str, Any] = {"connections_max": 2, "timeout_s": 0.5} | more
    mailer = SmtpMailer(SmtpServer.parse(f"smtp://127.0.0.1:{slow.port}"), "a@bitloot.example", **options)
    stack.push_async_callback(mailer.close)
    return mailer


def another_process(sender: SendMail) -> SendMail:
    return replace(sender, under_way={}, unrecorded={})


async def test_a_server_that_takes_longer_than_any_other_answer_is_waited_for(
    slow: SlowServer, stack: AsyncExitStack
) -> None:
    sending = asyncio.create_task(a_mailer(stack, slow).send(A_MAIL))
    await eventually(lambda: slow.taken, "the server has the mail", 10)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(sending), 1.0)  # twice the limit of the other answers
    slow.free.set()
    await sending
    assert len(slow.taken) == 1


async def test_a_server_that_never_answers_is_given_up_in_the_end(slow: SlowServer, stack: AsyncExitStack) -> None:
    with pytest.raises(MailDelayed, match="in time"):
        await a_mailer(stack, slow, answer_timeout_s=0.5).send(A_MAIL)


async def test_a_sender_that_lives_keeps_its_lease(shop: Shop, slow: SlowServer, stack: AsyncExitStack) -> None:
    order_id = await stored_order(shop)
    query = "select claimed_until from deliveries where order_id = $1"
    sender = replace(shop.use_cases.send_mail, mailer=a_mailer(stack, slow), lease=timedelta(seconds=1))
    sending = asyncio.create_task(sender.of_part(order_id, 1, CAUSE))
    await eventually(lambda: slow.taken, "the server has the mail", 10)
    first = await shop.owner.fetchval(query, order_id)
    is_over = "select now() > $1"
    await eventually(lambda: shop.owner.fetchval(is_over, first), "the first lease has ended", 10)
    with pytest.raises(MailInWork):
        await another_process(sender).of_part(order_id, 1, CAUSE)
    slow.free.set()
    await sending
    await another_process(sender).of_part(order_id, 1, CAUSE)
    assert len(slow.taken) == 1
    assert len(await shop.outbox(order_id, "deliveries.mailed")) == 1


async def test_a_handler_taken_away_leaves_its_mail_alone(shop: Shop, slow: SlowServer, stack: AsyncExitStack) -> None:
    order_id = await stored_order(shop)
    sender = replace(shop.use_cases.send_mail, mailer=a_mailer(stack, slow))
    handler = asyncio.create_task(sender.of_part(order_id, 1, CAUSE))
    await eventually(lambda: slow.taken, "the server has the mail", 10)
    handler.cancel()
    with pytest.raises(asyncio.CancelledError):
        await handler
    again = asyncio.create_task(sender.of_part(order_id, 1, CAUSE))
    slow.free.set()
    await again
    assert len(slow.taken) == 1
    assert len(await shop.outbox(order_id, "deliveries.mailed")) == 1


async def test_a_mail_that_waits_in_line_is_not_claimed_yet(
    shop: Shop, slow: SlowServer, stack: AsyncExitStack
) -> None:
    first, second = await stored_order(shop), await stored_order(shop)
    sender = replace(shop.use_cases.send_mail, mailer=a_mailer(stack, slow, connections_max=1))
    senders = [asyncio.create_task(sender.of_part(first, 1, CAUSE))]
    await eventually(lambda: slow.taken, "the server has the first mail", 10)
    senders.append(asyncio.create_task(sender.of_part(second, 1, CAUSE)))
    mail_id = await shop.owner.fetchval("select id from deliveries where order_id = $1", second)
    await eventually(lambda: mail_id in sender.under_way, "the second mail waits", 10)
    await asyncio.sleep(0.2)
    row = await shop.owner.fetchrow("select claimed_until, attempts from deliveries where id = $1", mail_id)
    assert row is not None
    assert tuple(row) == (None, 0)
    slow.free.set()
    await asyncio.gather(*senders)
    assert len(slow.taken) == 2


@pytest.mark.parametrize(
    ("command", "line", "error"),
    [
        ("MAIL", "530 5.7.0 Authentication required", MailDown),
        ("MAIL", "550 5.7.1 <a@bitloot.example> you are not this sender", MailDown),
        ("MAIL", "552 5.3.4 message too big", MailRefused),
        ("MAIL", "452 4.3.1 no room", MailDelayed),
        ("DATA", "535 5.7.8 credentials expired", MailDown),
        ("DATA", "554 5.7.1 spam", MailRefused),
    ],
)
async def test_what_the_server_has_against_us_is_not_blamed_on_a_mail(
    slow: SlowServer, stack: AsyncExitStack, command: str, line: str, error: type[Exception]
) -> None:
    mailer = a_mailer(stack, slow)
    slow.says[command] = line
    with pytest.raises(error) as refusal:
        await mailer.send(A_MAIL)
    assert "a@bitloot" not in str(refusal.value)
    if command == "MAIL" and error is not MailRefused:
        with pytest.raises(MailDown):
            await mailer.check()
