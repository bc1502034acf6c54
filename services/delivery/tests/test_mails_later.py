"""A mail server that says "later": asked again in minutes, for days, and no dead letter; then given up, with words."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from bitloot_common.retry.breaker import State
from bitloot_delivery.clients.mailer import speaks_against_server
from bitloot_delivery.errors import MAIL, MailDelayed, MailGivenUp, MailNotYet
from delivery_ladder import Line, apply_topics, at_work
from delivery_shop import CAUSE, Shop, open_shop
from eventually import eventually
from test_mails import stored_order
from test_slow_mail_server import A_MAIL, SlowServer, a_mailer, slow, stack

__all__ = ["slow", "stack"]  # fixtures

GREYLISTED = "450 4.2.0 greylisted, come back in five minutes"


@pytest.fixture
def greylisting(smtp_server: Any) -> Iterator[Any]:
    smtp_server.reply(GREYLISTED)
    yield smtp_server
    smtp_server.reply(None)


async def row_of(shop: Shop, order_id: Any) -> Any:
    return await shop.owner.fetchrow("select * from deliveries where order_id = $1", order_id)


async def successors(shop: Shop, order_id: Any) -> list[dict[str, Any]]:
    return [one for one in await shop.outbox(order_id, "deliveries.stored") if "notBefore" in one]


async def test_the_next_try_is_minutes_away_and_the_row_says_when(shop: Shop, greylisting: Any) -> None:
    order_id = await stored_order(shop)
    with pytest.raises(MailDelayed) as delayed:
        await shop.mail(order_id)
    assert delayed.value.retry_after_s == shop.settings.mail_retry_s == 300
    row = await row_of(shop, order_id)
    assert (row["status"], row["claimed_until"]) == ("pending", None)
    assert GREYLISTED in row["last_error"]
    assert "; next try at " in row["last_error"]


async def test_the_last_attempt_leaves_one_message_behind_and_is_not_buried(shop: Shop, greylisting: Any) -> None:
    order_id = await stored_order(shop)
    cause = CAUSE | {"event_id": str(uuid4())}
    for _ in range(2):  # the second: a crash brought the message again
        await shop.use_cases.send_mail.of_part(order_id, 1, cause, last=True)
    (due,) = await successors(shop, order_id)
    later = datetime.fromisoformat(due["notBefore"])
    mail_id = (await row_of(shop, order_id))["id"]
    assert (due["deliveryId"], later > datetime.now(UTC)) == (str(mail_id), True)

    greylisting.reply(None)
    with pytest.raises(MailNotYet):
        await shop.use_cases.send_mail(mail_id, cause, not_before=later)
    assert greylisting.mails(to=await shop.address(order_id)) == []
    await shop.use_cases.send_mail(mail_id, cause, not_before=datetime.now(UTC))
    assert len(greylisting.mails(to=await shop.address(order_id))) == 1


async def test_patience_ends_with_a_reason_but_not_at_the_first_try_after_an_outage(
    shop: Shop, greylisting: Any
) -> None:
    order_id = await stored_order(shop)
    waited = "update deliveries set created_at = now() - $2 * interval '1 s', attempts = $3 where order_id = $1"
    await shop.owner.execute(waited, order_id, shop.settings.mail_patience_s + 3600, 4)
    with pytest.raises(MailDelayed):
        await shop.mail(order_id)
    with pytest.raises(MailGivenUp, match=r"given up after 49 h and 6 tries; the last time .* 450 4.2.0 greylisted"):
        await shop.use_cases.send_mail.of_part(order_id, 1, CAUSE | {"event_id": str(uuid4())}, last=True)
    assert (await row_of(shop, order_id))["status"] == "failed"
    assert await successors(shop, order_id) == []
    assert "mail.refused" in await shop.timeline(order_id)


async def test_what_is_said_of_an_address_speaks_against_no_other_mail(slow: SlowServer, stack: AsyncExitStack) -> None:
    mailer = a_mailer(stack, slow)
    for command, of_recipient in (("RCPT", True), ("DATA", False), ("MAIL", False)):
        slow.says = {command: GREYLISTED}
        with pytest.raises(MailDelayed) as delayed:
            await mailer.send(A_MAIL)
        assert delayed.value.of_recipient is of_recipient
        assert speaks_against_server(delayed.value) is not of_recipient


@pytest.fixture
async def line(database: Any, delivery_settings: Any, kafka_server: Any) -> AsyncIterator[Line]:
    apply_topics(kafka_server.bootstrap_servers)
    settings = delivery_settings.model_copy(update={"mail_retry_s": 1.0})
    async with AsyncExitStack() as stack:
        shop = await open_shop(stack, settings, database.url)
        yield await stack.enter_async_context(at_work(shop, kafka_server.bootstrap_servers))


async def test_a_mail_at_the_end_of_its_ladder_arrives_after_all(line: Line, greylisting: Any) -> None:
    order_id = await stored_order(line.shop)
    await line.stored(order_id, last=True)
    await eventually(lambda: successors(line.shop, order_id), "it asks for itself again", 30)
    await asyncio.sleep(0.2)
    assert await line.dead_letters() == []
    assert line.breakers[MAIL].state is State.CLOSED
    await line.due(order_id)
    greylisting.reply(None)

    async def arrived() -> bool:
        return bool(greylisting.mails(to=await line.shop.address(order_id)))

    await eventually(arrived, "the mail is there", 30)
    assert await line.dead_letters() == []
