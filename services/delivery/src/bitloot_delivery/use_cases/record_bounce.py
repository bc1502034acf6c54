"""The mail provider took a mail and could not deliver it, or its recipient complained.

The news become a row, a timeline entry and an event; the event ends among the dead letters, where SREs look for
what needs a person. Replayed after a resend that arrived, it is content.
"""

from dataclasses import dataclass
from typing import Final

import structlog
from bitloot_common.db import Pool
from bitloot_common.events.delivery import MailBounced
from bitloot_common.outbox import Outbox
from bitloot_common.timeline import Entry, append

from bitloot_delivery.clients.resend_webhooks import MailNews
from bitloot_delivery.errors import MailUnreachable, MailUnwanted
from bitloot_delivery.store import mails

log = structlog.get_logger(__name__)

COMPLAINED: Final = "complained"
BAD_NEWS: Final = frozenset({"bounced", COMPLAINED, "failed", "suppressed"})


@dataclass(frozen=True, slots=True)
class RecordBounce:
    """Takes a provider's news of a mail; only bad news change anything."""

    pool: Pool
    outbox: Outbox

    async def __call__(self, news: MailNews) -> None:
        """Durable when it returns; a repetition changes nothing."""
        if news.event not in BAD_NEWS or news.delivery_id is None:
            return
        reason = f"{news.event} {news.reason}".strip()
        async with self.pool.acquire() as connection, connection.transaction():
            status = "complained" if news.event == COMPLAINED else "bounced"
            order_id = await mails.mark_told(connection, news.delivery_id, status, reason)
            if order_id is None:
                return
            entry = Entry(order_id, f"mail.{status}", detail={"delivery_id": str(news.delivery_id), "reason": reason})
            await append(connection, self.outbox, entry)
            event = MailBounced(order_id=order_id, delivery_id=news.delivery_id, reason=reason)
            await self.outbox.add(connection, event, key=str(order_id))
        self.outbox.committed()
        log.warning("delivery.mail.bounced", order_id=str(order_id), reason=reason)

    async def bury(self, event: MailBounced) -> None:
        """Raises MailUnreachable or MailUnwanted unless a later mail of the order was taken."""
        async with self.pool.acquire() as connection:
            if await mails.mailed_since(connection, event.delivery_id):
                return
        if event.reason.startswith(COMPLAINED):
            raise MailUnwanted(event.order_id)
        raise MailUnreachable(event.order_id, event.reason)
