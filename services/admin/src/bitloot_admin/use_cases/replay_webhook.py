"""Puts a stored webhook back on its topic, to be processed again."""

from uuid import UUID

import asyncpg
from bitloot_admin import audit
from bitloot_admin.models.webhooks import ReplayAccepted
from bitloot_admin.store import orders, outbox_rows, webhooks
from bitloot_admin.use_cases.show_webhook import removed
from bitloot_common import timeline
from bitloot_common.db import Connection, Pool
from bitloot_common.events.envelope import Event
from bitloot_common.events.ingress import KinguinEsaWebhook, KinguinWebhook, NowPaymentsIpn
from bitloot_common.outbox import Outbox
from bitloot_common.problem import Conflict, NotFound

REPLAYED_FROM = "bitloot-replayed-from"


async def replay_webhook(
    pool: Pool, outbox: Outbox, webhook_id: UUID, *, actor: str, reason: str = ""
) -> ReplayAccepted:
    """Publishes the raw body again under a new event id, so that the inbox lets the state machine judge it anew.

    What it already caused it cannot cause twice: the state machine refuses or ignores it. Raises NotFound,
    Gone when the body's retention has ended, Conflict when it was never published in the first place.
    """
    async with pool.acquire() as connection, connection.transaction():
        row = await webhooks.find(connection, webhook_id)
        if row is None:
            raise NotFound(f"There is no webhook {webhook_id}.")
        accepted = await _publish(connection, outbox, row)
        target = f"webhook:{webhook_id}"
        detail = {"eventId": str(accepted.event_id), "topic": accepted.topic}
        await audit.write(connection, actor, "webhook.replayed", target, reason=reason, detail=detail)
        await _tell_order(connection, outbox, row, accepted, actor)
    outbox.committed()
    return accepted


async def _publish(connection: Connection, outbox: Outbox, row: asyncpg.Record) -> ReplayAccepted:
    if row["body"] is None:
        raise removed(row)
    if row["outcome"] != "accepted":
        raise Conflict(f"This webhook was {row['outcome']} ({row['reason'] or 'no reason kept'}); nothing acts on it.")
    event = event_type(row)
    event_id = await outbox_rows.add_raw(
        connection,
        outbox,
        event,
        value=row["body"],
        key=row["order_id"] or row["payment_id"] or row["reservation_id"] or row["external_id"],
        extra_headers={REPLAYED_FROM: str(row["id"])},
    )
    return ReplayAccepted(id=row["id"], event_id=event_id, topic=event.TOPIC)


def event_type(row: asyncpg.Record) -> type[Event]:
    """Which event ingress published it as."""
    if row["provider"] == "nowpayments":
        return NowPaymentsIpn
    if row["provider"].startswith("kinguin"):
        names = {name.lower() for name in row["headers"]}
        return KinguinEsaWebhook if "x-event-name" in names else KinguinWebhook
    raise Conflict(f"Webhooks of {row['provider']} are not published to a topic.")


async def _tell_order(
    connection: Connection, outbox: Outbox, row: asyncpg.Record, accepted: ReplayAccepted, actor: str
) -> None:
    try:
        order_id = UUID(row["order_id"] or "")
    except ValueError:
        return
    if await orders.exists(connection, order_id):
        entry = timeline.Entry(
            order_id=order_id,
            event="webhook.replayed",
            detail={"provider": row["provider"], "eventType": row["event_type"], "actor": actor},
            cause={"webhookId": str(row["id"]), "eventId": str(accepted.event_id)},
        )
        await timeline.append(connection, outbox, entry)
