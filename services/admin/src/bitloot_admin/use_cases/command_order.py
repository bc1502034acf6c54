"""What an operator may ask for an order. Admin only asks: the owners of the order act on the event."""

from uuid import UUID

from bitloot_admin import audit
from bitloot_admin.models.model import Model
from bitloot_admin.store import orders
from bitloot_common import timeline
from bitloot_common.db import Pool
from bitloot_common.events.admin import FulfillmentRetryRequested, ResendRequested, RevocationRequested
from bitloot_common.outbox import Outbox
from bitloot_common.problem import NotFound
from pydantic import Field

Command = FulfillmentRetryRequested | ResendRequested | RevocationRequested

# the timeline's and the audit log's name of each command
_NAMES: dict[type[Command], str] = {
    FulfillmentRetryRequested: "order.retry_requested",
    ResendRequested: "order.resend_requested",
    RevocationRequested: "order.revocation_requested",
}


class Why(Model):
    """The reason, for the audit log."""

    reason: str = Field("", max_length=500)


class CommandAccepted(Model):
    """The command is on its way as an event."""

    order_id: UUID
    event_id: UUID
    command: str


async def command_order(
    pool: Pool, outbox: Outbox, command: type[Command], order_id: UUID, *, actor: str, reason: str = ""
) -> CommandAccepted:
    """Publishes `command` for the order, with an audit row and a timeline entry. Raises NotFound."""
    name = _NAMES[command]
    async with pool.acquire() as connection, connection.transaction():
        if not await orders.exists(connection, order_id):
            raise NotFound(f"There is no order {order_id}.")
        event = command(order_id=order_id, actor=actor, reason=reason)
        event_id = await outbox.add(connection, event, key=str(order_id))
        cause = {"eventId": str(event_id)}
        await audit.write(connection, actor, name, f"order:{order_id}", reason=reason, detail=cause)
        detail = {"actor": actor} | ({"reason": reason} if reason else {})
        await timeline.append(
            connection, outbox, timeline.Entry(order_id=order_id, event=name, detail=detail, cause=cause)
        )
    outbox.committed()
    return CommandAccepted(order_id=order_id, event_id=event_id, command=name)
