"""What an operator may ask for an order. Admin only asks: the owners of the order act on the event.

The audit log, in whose transaction the command leaves, also knows what was asked before: a repeated idempotency
key is answered as the first time, and mails to one customer keep their distance. A lock per order makes both hold
for requests at the same time.
"""

from typing import Any
from uuid import UUID

from bitloot_admin import audit
from bitloot_admin.models.model import Model
from bitloot_admin.resend_limit import ResendLimit
from bitloot_admin.store import audit_log, orders
from bitloot_common import timeline
from bitloot_common.db import Connection, Pool
from bitloot_common.events.admin import FulfillmentRetryRequested, ResendRequested, RevocationRequested
from bitloot_common.outbox import Outbox
from bitloot_common.problem import NotFound, TooManyRequests, Unprocessable
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
    pool: Pool,
    outbox: Outbox,
    command: type[Command],
    order_id: UUID,
    *,
    actor: str,
    limit: ResendLimit,
    reason: str = "",
    idempotency_key: str | None = None,
) -> CommandAccepted:
    """Publishes `command` for the order, with an audit row and a timeline entry.

    The same `idempotency_key` for the same order and command publishes nothing again. Raises NotFound,
    Unprocessable (the key came with another reason), TooManyRequests (a resend too soon, or too often).
    """
    name, target = _NAMES[command], f"order:{order_id}"
    async with pool.acquire() as connection, connection.transaction():
        if not await orders.exists(connection, order_id):
            raise NotFound(f"There is no order {order_id}.")
        await audit_log.lock_target(connection, target)
        if idempotency_key is not None:
            before = await audit_log.find_by_key(connection, name, target, idempotency_key)
            if before is not None:
                return _same_again(before, order_id, name, reason)
        if command is ResendRequested:
            await _within(limit, connection, name, target)
        event = command(order_id=order_id, actor=actor, reason=reason)
        event_id = await outbox.add(connection, event, key=str(order_id))
        cause = {"eventId": str(event_id)}
        known = cause | ({"idempotencyKey": idempotency_key} if idempotency_key is not None else {})
        await audit.write(connection, actor, name, target, reason=reason, detail=known)
        detail = {"actor": actor} | ({"reason": reason} if reason else {})
        await timeline.append(
            connection, outbox, timeline.Entry(order_id=order_id, event=name, detail=detail, cause=cause)
        )
    outbox.committed()
    return CommandAccepted(order_id=order_id, event_id=event_id, command=name)


def _same_again(before: dict[str, Any], order_id: UUID, name: str, reason: str) -> CommandAccepted:
    if (before["reason"] or "") != reason:
        raise Unprocessable("This idempotency key was used with another reason.")
    return CommandAccepted(order_id=order_id, event_id=UUID(before["detail"]["eventId"]), command=name)


async def _within(limit: ResendLimit, connection: Connection, name: str, target: str) -> None:
    asked = await audit_log.asked_in_last_hour(connection, name, target)
    if asked["count"] >= limit.per_hour_max:
        wait_s = 3600 - asked["first_s_ago"]
        told = f"This order's mail was sent again {asked['count']} times within an hour."
    elif asked["count"] and asked["last_s_ago"] < limit.pause.total_seconds():
        wait_s = limit.pause.total_seconds() - asked["last_s_ago"]
        told = "This order's mail was asked for a moment ago."
    else:
        return
    seconds = max(1, round(wait_s))
    raise TooManyRequests(f"{told} Try again in {seconds} s.", headers={"retry-after": str(seconds)})
