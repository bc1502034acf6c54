"""The mail with the link left: the order is fulfilled when its last code is behind it."""

from bitloot_common.events.delivery import LinkMailed
from bitloot_common.inbox import first_time

from bitloot_fulfillment.books import Books, Cause
from bitloot_fulfillment.progress import NOTICES, finish
from bitloot_fulfillment.store import orders

CONSUMER = "fulfillment.mark_fulfilled"


async def mark_fulfilled(books: Books, mailed: LinkMailed, cause: Cause) -> None:
    """Moves the order; mails with a part of the codes, and those without any, change nothing."""
    if not mailed.complete or mailed.purpose in NOTICES.values():
        return
    async with books.transaction() as connection:
        if cause.event_id and not await first_time(connection, CONSUMER, cause.event_id):
            return
        order = await orders.lock(connection, mailed.order_id)
        if order is not None:
            await finish(books, connection, order, cause)
