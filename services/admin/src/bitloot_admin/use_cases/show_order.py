"""Everything about one order."""

from uuid import UUID

from bitloot_admin import timeline
from bitloot_admin.models.orders import OrderDetail
from bitloot_admin.store import deliveries, orders, payments, reservations, webhooks
from bitloot_common.db import Pool
from bitloot_common.problem import NotFound


async def show_order(pool: Pool, order_id: UUID, *, trace_url_template: str = "") -> OrderDetail:
    """The order with its money, purchases, mails, links, webhooks, dead letters and timeline.

    Raises NotFound.
    """
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        row = await orders.find(connection, order_id)
        if row is None:
            raise NotFound(f"There is no order {order_id}.")
        paid = await payments.of_order(connection, order_id)
        bought = await reservations.of_order(connection, order_id)
        keys, links, mails, views = await deliveries.of_order(connection, order_id)
        heard = await webhooks.of_order(
            connection,
            order_id,
            [payment.payment_id for payment in paid],
            [purchase.reservation_id for purchase in bought if purchase.reservation_id],
        )
        letters = await orders.dead_letters(connection, order_id)
        events = await orders.events(connection, order_id)
    entries = timeline.weave(events, heard, letters, views)
    for entry in entries:
        if entry.trace_id and trace_url_template:
            entry.trace_url = trace_url_template.replace("{traceId}", entry.trace_id)
    return OrderDetail.model_validate(
        dict(row)
        | {
            "payments": paid,
            "reservations": bought,
            "keys": keys,
            "links": links,
            "deliveries": mails,
            "link_views": views,
            "webhooks": heard,
            "dead_letters": letters,
            "timeline": entries,
        }
    )
