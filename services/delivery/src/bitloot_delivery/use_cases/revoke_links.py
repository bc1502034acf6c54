"""An operator takes an order's links back: they stop working with this commit."""

from dataclasses import dataclass
from typing import Any

import structlog
from bitloot_common.db import Pool
from bitloot_common.events.admin import RevocationRequested
from bitloot_common.inbox import first_time
from bitloot_common.outbox import Outbox
from bitloot_common.timeline import Entry, append

from bitloot_delivery import metrics
from bitloot_delivery.store import links, mails

log = structlog.get_logger(__name__)

CONSUMER = "delivery.revoke_links"


@dataclass(frozen=True, slots=True)
class RevokeLinks:
    """Revokes all links that the order has at this time, and drops the mails on their way that carry one.

    Later ones (a resend) work again.
    """

    pool: Pool
    outbox: Outbox

    async def __call__(self, request: RevocationRequested, event_id: str, cause: dict[str, Any]) -> None:
        """Once per event: a replayed revocation must not take back the link of a later resend."""
        async with self.pool.acquire() as connection, connection.transaction():
            if not await first_time(connection, CONSUMER, event_id):
                return
            await mails.lock_mails(connection, request.order_id)  # a link that is just being made must not escape
            count = await links.revoke_links(connection, request.order_id, request.reason)
            dropped = await mails.drop_unsent(connection, request.order_id, "the order's links were revoked")
            cause = cause | {"actor": request.actor, "reason": request.reason}
            detail = {"links": count, "mails_dropped": len(dropped)}
            await append(connection, self.outbox, Entry(request.order_id, "links.revoked", detail=detail, cause=cause))
            for mail in dropped:
                what = {"purpose": mail.purpose, "message_id": mail.message_id, "reason": "its link was revoked"}
                await append(connection, self.outbox, Entry(mail.order_id, "mail.dropped", detail=what, cause=cause))
        self.outbox.committed()
        for mail in dropped:
            metrics.MAILS.labels(mail.purpose, "dropped").inc()
        log.info("delivery.links.revoked", order_id=str(request.order_id), count=count)
