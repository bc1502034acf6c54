"""A customer wants to be forgotten (GDPR, article 17): their data goes, the books stay.

Gone: the mail address, the readers' addresses, the sealed codes and what opens them, the links. Kept: what
was ordered, paid, bought and refunded, without a name. Runs with the schema owner's login, because no
service may write all of these tables.
"""

import math
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bitloot_common.db import Connection
from bitloot_common.outbox import Outbox
from bitloot_common.timeline import Entry, append

from bitloot_delivery.clients.storage import KeyStorage
from bitloot_delivery.store import erasure, keys, links, mails, orders

# Money or a key is still owed to somebody whom we could not reach any more.
OPEN: Final = frozenset(
    "awaiting_payment underpaid paid reserving reserved given delivered partly_delivered stored refund_due".split()
)


class StillOpen(Exception):
    """The order is not over: erasing it now would lose what the customer is owed."""

    def __init__(self, order_id: UUID, status: str) -> None:
        super().__init__(f"order {order_id} is {status}: its customer is owed something; --force erases it anyway")


class MailUnderWay(Exception):
    """A sender holds the customer's address in memory: a mail would go to it after we said that it is gone."""

    def __init__(self, order_id: UUID, left_s: float) -> None:
        super().__init__(f"order {order_id}: a mail is just being sent; try again in {math.ceil(left_s)} s")


@dataclass(frozen=True, slots=True)
class Erased:
    """What went."""

    order_id: UUID
    objects: int
    parts: int
    links: int


async def erase_order(
    connection: Connection, storage: KeyStorage, order_id: UUID, *, actor: str, reason: str, force: bool
) -> Erased:
    """Erases; a second run erases nothing more.

    Raises OrderUnknown, StillOpen, MailUnderWay and the storage's errors.
    """
    order = await orders.find_order(connection, order_id)
    if order.status in OPEN and not force:
        raise StillOpen(order_id, order.status)
    await _no_mail_under_way(connection, order_id)  # before anything goes
    objects = await storage.delete_all_of(order_id)
    async with connection.transaction():
        await mails.lock_mails(connection, order_id)  # whoever claims a mail after this finds no address
        await _no_mail_under_way(connection, order_id)
        parts = 0
        for row in await keys.parts(connection, order_id):
            parts += await keys.bury(connection, row.id)
        revoked = await links.revoke_links(connection, order_id, "erased")
        await links.forget_readers_of(connection, order_id)
        await erasure.forget_customer(connection, order_id)
        erased = Erased(order_id, objects, parts, revoked)
        detail = {"objects": objects, "parts": parts, "links": revoked}
        await erasure.audit(connection, actor, order_id, reason, detail)
        # no relay runs here: a live one of the service finds the row's instance gone and publishes it
        await append(connection, Outbox("delivery"), Entry(order_id, "order.erased", detail=detail))
    return erased


async def _no_mail_under_way(connection: Connection, order_id: UUID) -> None:
    left_s = await mails.lease_left_s(connection, order_id)
    if left_s is not None:
        raise MailUnderWay(order_id, left_s)
