"""A mail is due: wait for a place at the mail server, claim the mail, hand it over, record it.

    turn → claim with a lease (commit) → send, the lease renewed → mailed, LinkMailed in the outbox (commit)

Between the server's answer and the last commit lies the only window in which `kill -9` leads to a second mail;
that one has the same Message-ID. A commit that fails there (PostgreSQL went away) does not: this process
remembers what it sent, and when the message comes again it only records it. Nor does a handler that is cancelled
(a rebalance): the sending goes on without it. A sender that lives keeps its lease however slow the server is, so
a lease can be short, and the mail of one that died soon goes out.

A mail server that says "later" is asked again every few minutes, for days: longer than the ladder has steps, so the
last attempt of a message leaves a new one behind. Every try counts in the row, and patience ends.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from bitloot_common.db import Connection, Pool
from bitloot_common.events.delivery import LinkMailed, MailDue
from bitloot_common.inbox import first_time
from bitloot_common.outbox import Outbox
from bitloot_common.retry import Outage, Permanent, Transient
from bitloot_common.timeline import Entry, append

from bitloot_delivery import metrics
from bitloot_delivery.clients.mailer import Mailer
from bitloot_delivery.errors import MailDelayed, MailGivenUp, MailInWork, MailNotYet
from bitloot_delivery.letters import Letters, Occasion
from bitloot_delivery.links import LinkSigner
from bitloot_delivery.store import keys, links, mails, orders
from bitloot_delivery.store.mails import LINK_PURPOSES, MailRow

log = structlog.get_logger(__name__)

CONSUMER: Final = "delivery.send_mail"
TRIES_MIN: Final = 6  # before a mail is given up, however long it has waited: for most of it nobody may have tried


@dataclass(frozen=True, slots=True)
class SendMail:
    """Sends one mail of `deliveries`. `link_base` is FRONTEND_URL/d; `lease` is how long a dead sender keeps a mail,
    `patience` how long a mail server may say "later"."""

    pool: Pool
    outbox: Outbox
    mailer: Mailer
    signer: LinkSigner
    letters: Letters
    link_base: str
    link_ttl: timedelta
    lease: timedelta
    patience: timedelta = timedelta(days=2)
    unrecorded: dict[UUID, MailRow] = field(default_factory=dict)
    under_way: dict[UUID, asyncio.Task[None]] = field(default_factory=dict)

    async def of_part(self, order_id: UUID, part: int, cause: dict[str, Any], *, last: bool = False) -> None:
        """The mail of a stored part; raises as `__call__` does."""
        async with self.pool.acquire() as connection:
            mail = await mails.find_part_mail(connection, order_id, part)
        assert mail is not None, "the mail's row is committed together with the event that asks for it"
        await self(mail.id, cause, last=last)

    async def __call__(
        self, mail_id: UUID, cause: dict[str, Any], *, not_before: datetime | None = None, last: bool = False
    ) -> None:
        """Raises MailRefused, MailGivenUp, MailDelayed, MailNotYet, MailDown, MailInWork, NoticeUnknown.

        With `last` a mail server that says later is asked again by a message that this one leaves behind. Cancelling
        it leaves the sending alone: given up between DATA and its answer, a mail would go out twice.
        """
        if not_before is not None and (left_s := (not_before - datetime.now(UTC)).total_seconds()) > 0:
            raise MailNotYet(left_s)
        task = self.under_way.get(mail_id)
        if task is None:
            task = asyncio.create_task(self._send_and_record(mail_id, cause), name=f"mail {mail_id}")
            self.under_way[mail_id] = task
            task.add_done_callback(lambda _: self.under_way.pop(mail_id, None))
        try:
            await asyncio.shield(task)
        except MailDelayed as error:
            if not last or error.retry_after_s is None:
                raise
            await self._ask_again(mail_id, error.retry_after_s, cause)

    async def stop(self) -> None:
        """Gives up what is under way; call it once nobody asks for mails any more."""
        tasks = list(self.under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _send_and_record(self, mail_id: UUID, cause: dict[str, Any]) -> None:
        sent = self.unrecorded.get(mail_id) or await self._send(mail_id)
        if sent is None:
            return
        await self._mailed(sent, cause)
        self.unrecorded.pop(mail_id, None)

    async def _send(self, mail_id: UUID) -> MailRow | None:
        """The mail, taken by the mail server; None when nothing is left to send."""
        async with self.mailer.turn():  # a wait in line, however long, is no part of the lease
            prepared = await self._claim(mail_id)
            if prepared is None:
                return None
            mail, occasion = prepared
            async with self._lease_kept(mail):
                try:
                    letter = self.letters.write(mail, occasion)
                    with metrics.MAIL_DURATION_S.time():
                        await self.mailer.send(letter)
                except (Permanent, Transient, Outage) as met:
                    error = self._unless_given_up(mail, met)
                    await self._failed(mail, error)
                    raise error from None
        self.unrecorded[mail.id] = mail
        return mail

    def _unless_given_up(self, mail: MailRow, error: Permanent | Transient | Outage) -> Permanent | Transient | Outage:
        """What a failure is: one delay too many is final. One long after a long outage is not too many."""
        waited = datetime.now(UTC) - mail.created_at
        if not isinstance(error, MailDelayed) or error.retry_after_s is None:
            return error
        if waited < self.patience or mail.attempts < TRIES_MIN:
            return error
        return MailGivenUp(waited / timedelta(hours=1), mail.attempts, error)

    async def _ask_again(self, mail_id: UUID, wait_s: float, cause: dict[str, Any]) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            mail = await mails.find_mail(connection, mail_id)
            # a crash after the commit brings the message again: it must not leave two behind
            if mail is not None and await first_time(connection, CONSUMER, cause["event_id"]):
                later = datetime.now(UTC) + timedelta(seconds=wait_s)
                due = MailDue(order_id=mail.order_id, delivery_id=mail.id, not_before=later)
                await self.outbox.add(connection, due, key=str(mail.order_id))
        self.outbox.committed()

    async def _claim(self, mail_id: UUID) -> tuple[MailRow, Occasion] | None:
        async with self.pool.acquire() as connection, connection.transaction():
            known = await mails.find_mail(connection, mail_id)
            if known is None:
                return None
            await mails.lock_mails(connection, known.order_id)  # against a revocation or an erasure at the same time
            mail = await mails.claim_mail(connection, mail_id, self.lease)
            if mail is None:
                _wait_for_other(await mails.find_mail(connection, mail_id))
                return None
            order = await orders.find_order(connection, mail.order_id)
            if order.email is None:
                await self._drop(connection, mail, "the customer's data was erased")
                return None
            stored = sum(row.codes_count for row in await keys.parts(connection, order.id))
            if mail.purpose not in LINK_PURPOSES:
                return mail, Occasion(order, stored)
            link = await self._link(connection, mail)
            if link is None:
                await self._drop(connection, mail, "its link was revoked")
                return None
        return mail, Occasion(order, stored, *link)

    async def _drop(self, connection: Connection, mail: MailRow, reason: str) -> None:
        await mails.drop(connection, mail.id, reason)
        detail = {"purpose": mail.purpose, "message_id": mail.message_id, "reason": reason}
        await append(connection, self.outbox, Entry(mail.order_id, "mail.dropped", detail=detail))
        metrics.MAILS.labels(mail.purpose, "dropped").inc()

    async def _link(self, connection: Connection, mail: MailRow) -> tuple[str, datetime] | None:
        """The mail's link: made at the first attempt, the same at every further one. Its time starts now.

        None when it was revoked: no other is made for a mail that an operator took back.
        """
        link_id = mail.link_id
        if link_id is None:
            link_id, expires_at = await links.insert_link(connection, mail.order_id, mail.purpose, self.link_ttl)
            await mails.set_link(connection, mail.id, link_id)
        elif (end := await self._end_of(connection, link_id)) is not None:
            expires_at = end
        else:
            return None
        return f"{self.link_base}/{self.signer.sign(link_id, expires_at)}", expires_at

    async def _end_of(self, connection: Connection, link_id: UUID) -> datetime | None:
        """A link that waited long for its mail server gets its full time again; None when it was revoked.

        Below half a lifetime nothing changes, so that a repeated mail is the same to the letter (Resend compares).
        """
        link = await links.find_link(connection, link_id)
        if link is None or link.revoked_at is not None:
            return None
        if link.expires_at - datetime.now(link.expires_at.tzinfo) > self.link_ttl / 2:
            return link.expires_at
        return await links.prolong(connection, link_id, self.link_ttl)

    @asynccontextmanager
    async def _lease_kept(self, mail: MailRow) -> AsyncIterator[None]:
        renewing = asyncio.create_task(self._renew(mail), name=f"lease {mail.id}")
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])

    async def _renew(self, mail: MailRow) -> None:
        while True:
            await asyncio.sleep(self.lease.total_seconds() / 3)
            try:
                async with self.pool.acquire() as connection:
                    await mails.renew_lease(connection, mail, self.lease)
            except Exception as error:  # noqa: BLE001  (the mail is on its way; the next renewal may succeed)
                log.warning("delivery.mail.lease_not_renewed", order_id=str(mail.order_id), error=type(error).__name__)

    async def _failed(self, mail: MailRow, error: Permanent | Transient | Outage) -> None:
        refused = isinstance(error, Permanent)
        metrics.MAILS.labels(mail.purpose, "refused" if refused else "delayed").inc()
        async with self.pool.acquire() as connection, connection.transaction():
            await mails.mark_failed(connection, mail, "failed" if refused else "pending", _told(error))
            if refused:
                detail = {"purpose": mail.purpose, "message_id": mail.message_id, "reason": str(error)}
                await append(connection, self.outbox, Entry(mail.order_id, "mail.refused", detail=detail))
        self.outbox.committed()

    async def _mailed(self, mail: MailRow, cause: dict[str, Any]) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            if not await mails.mark_mailed(connection, mail.id):
                return
            detail = {"purpose": mail.purpose, "message_id": mail.message_id}
            await append(
                connection, self.outbox, Entry(mail.order_id, "mail.sent", public=True, detail=detail, cause=cause)
            )
            if mail.purpose in LINK_PURPOSES:
                event = LinkMailed(
                    order_id=mail.order_id, delivery_id=mail.id, purpose=mail.purpose, complete=mail.complete
                )
                await self.outbox.add(connection, event, key=str(mail.order_id))
        self.outbox.committed()
        metrics.MAILS.labels(mail.purpose, "mailed").inc()
        log.info("delivery.mail.sent", order_id=str(mail.order_id), purpose=mail.purpose, attempt=mail.attempts)


def _told(error: Permanent | Transient | Outage) -> str:
    """What the mail's row says of a failure: of a delay also until when."""
    if not isinstance(error, MailDelayed) or error.retry_after_s is None:
        return str(error)
    return f"{error}; next try at {datetime.now(UTC) + timedelta(seconds=error.retry_after_s):%H:%M} UTC"


def _wait_for_other(mail: MailRow | None) -> None:
    """Nothing is left to do for a mail that is sent or dropped; another sender's lease must end first."""
    if mail is not None and mail.claimed_until is not None and mail.status != "dropped":
        left = mail.claimed_until - datetime.now(mail.claimed_until.tzinfo)
        raise MailInWork(mail.message_id, max(0.5, left.total_seconds()))
