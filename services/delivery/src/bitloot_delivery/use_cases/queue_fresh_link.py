"""A customer asks on the link page for a fresh link: it goes to the order's own address, at a bounded rate."""

from dataclasses import dataclass
from datetime import timedelta

from bitloot_common.db import Connection, Pool
from bitloot_common.outbox import Outbox

from bitloot_delivery.store import links, mails, orders
from bitloot_delivery.store.links import Link, Reader
from bitloot_delivery.use_cases.queue_mail import queue_mail


@dataclass(frozen=True, slots=True)
class QueueFreshLink:
    """Mails another link, at most `per_hour_max` per order and one per `pause`."""

    pool: Pool
    outbox: Outbox
    mail_domain: str
    per_hour_max: int
    pause: timedelta

    async def __call__(self, link: Link, reader: Reader) -> bool:
        """Whether a mail was put in line. The caller answers the same either way."""
        async with self.pool.acquire() as connection, connection.transaction():
            await mails.lock_mails(connection, link.order_id)
            order = await orders.find_order(connection, link.order_id)
            if order.email is None or not await self._within_rate(connection, order):
                return False  # and no row: anybody with a link could fill the table and bury who revealed
            await links.insert_view(connection, link, reader, "fresh_link")
            cause = {"link_id": str(link.id)}
            await queue_mail(
                connection,
                self.outbox,
                order,
                "fresh_link",
                domain=self.mail_domain,
                requested_by="customer",
                cause=cause,
            )
        self.outbox.committed()
        return True

    async def _within_rate(self, connection: Connection, order: orders.Order) -> bool:
        asked = await mails.fresh_links(connection, order.id)
        if asked["in_last_hour"] >= self.per_hour_max:
            return False
        return asked["last_at"] is None or asked["now"] - asked["last_at"] >= self.pause
