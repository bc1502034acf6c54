"""A notice or a resend is asked for: one row of `deliveries`, and the event that has it sent."""

from dataclasses import dataclass
from typing import Any

from bitloot_common.db import Connection, Pool
from bitloot_common.events.admin import ResendRequested
from bitloot_common.events.delivery import MailDue
from bitloot_common.events.fulfillment import NoticeRequested
from bitloot_common.inbox import first_time
from bitloot_common.outbox import Outbox
from bitloot_common.timeline import Entry, append

from bitloot_delivery.errors import NoticeUnknown
from bitloot_delivery.letters import NOTICES
from bitloot_delivery.store import keys, mails, orders

CONSUMER = "delivery.queue_mail"


@dataclass(frozen=True, slots=True)
class QueueMail:
    """Puts further mails of an order in line, once per event."""

    pool: Pool
    outbox: Outbox
    mail_domain: str

    async def notice(self, request: NoticeRequested, event_id: str, cause: dict[str, Any]) -> None:
        """Raises NoticeUnknown, OrderUnknown."""
        if request.notice not in NOTICES:
            raise NoticeUnknown(request.notice)
        async with self.pool.acquire() as connection, connection.transaction():
            if not await first_time(connection, CONSUMER, event_id):
                return
            order = await orders.find_order(connection, request.order_id)
            await self._queue(connection, order, request.notice, None, cause)
        self.outbox.committed()

    async def resend(self, request: ResendRequested, event_id: str, cause: dict[str, Any]) -> None:
        """Raises OrderUnknown. Codes that were deleted cannot be mailed again: the timeline says so."""
        async with self.pool.acquire() as connection, connection.transaction():
            if not await first_time(connection, CONSUMER, event_id):
                return
            order = await orders.find_order(connection, request.order_id)
            rows = await keys.parts(connection, order.id)
            cause = cause | {"actor": request.actor, "reason": request.reason}
            if rows and all(row.deleted_at for row in rows):
                await append(connection, self.outbox, Entry(order.id, "mail.resend_impossible", cause=cause))
            else:
                await self._queue(connection, order, "resend", request.actor, cause)
        self.outbox.committed()

    async def _queue(
        self, connection: Connection, order: orders.Order, purpose: str, actor: str | None, cause: dict[str, Any]
    ) -> None:
        await queue_mail(
            connection, self.outbox, order, purpose, domain=self.mail_domain, requested_by=actor, cause=cause
        )


async def queue_mail(
    connection: Connection,
    outbox: Outbox,
    order: orders.Order,
    purpose: str,
    *,
    domain: str,
    requested_by: str | None,
    cause: dict[str, Any],
) -> None:
    """The row, the timeline's entry and the event, in the caller's transaction."""
    await mails.lock_mails(connection, order.id)
    stored = sum(row.codes_count for row in await keys.parts(connection, order.id))
    mail_id = await mails.insert_mail(
        connection,
        order.id,
        purpose,
        domain=domain,
        complete=stored >= order.quantity,
        requested_by=requested_by,
    )
    await append(connection, outbox, Entry(order.id, "mail.queued", detail={"purpose": purpose}, cause=cause))
    await outbox.add(connection, MailDue(order_id=order.id, delivery_id=mail_id), key=str(order.id))
