"""Delivery has sealed codes: the order is stored when they are all."""

from bitloot_common.events.delivery import KeysStored
from bitloot_common.inbox import first_time

from bitloot_fulfillment.books import Books, Cause
from bitloot_fulfillment.deadlines import Deadlines
from bitloot_fulfillment.order_machine import Fact
from bitloot_fulfillment.progress import learn
from bitloot_fulfillment.store import orders, purchases

CONSUMER = "fulfillment.mark_stored"


async def mark_stored(books: Books, deadlines: Deadlines, stored: KeysStored, cause: Cause) -> None:
    """Moves the order, or notes how many codes of how many there are and has the rest asked for soon."""
    async with books.transaction() as connection:
        if cause.event_id and not await first_time(connection, CONSUMER, cause.event_id):
            return
        order = await orders.lock(connection, stored.order_id)
        purchase = await purchases.current(connection, stored.order_id)
        if order is None or purchase is None:
            return
        detail = {"part": stored.part, "codes_stored": stored.codes_stored, "quantity": stored.quantity}
        if stored.complete:
            await learn(books, connection, order, Fact.CODES_STORED, cause, detail=detail)
            await purchases.schedule(connection, purchase, None, 0)
        else:
            await learn(books, connection, order, Fact.PART_STORED, cause, detail=detail)
            await purchases.schedule(connection, purchase, min(1.0, deadlines.interval_s), 0)
