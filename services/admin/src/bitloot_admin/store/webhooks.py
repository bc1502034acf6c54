"""Reads webhook logs."""

from uuid import UUID

import asyncpg
from bitloot_common.db import Connection, Pool

from bitloot_admin.models.webhooks import Replay, WebhookFilter, WebhookSummary
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.search import Term
from bitloot_admin.store.listing import Listing, fetch_page
from bitloot_admin.store.times import id_floor

COLUMNS = """
id, provider, event_type, external_id, order_id, payment_id, reservation_id, outcome, reason, duplicates, received_at,
last_seen_at, topic, "partition", "offset", replayed_at, trace_id
"""

_PROVIDER_OF_TYPE = {"nowpayments_ipn": "nowpayments", "kinguin_webhook": "kinguin"}
# Every provider that ever called, one look into (provider, event_type, id) each: an event is found through that index
# without its provider too. PostgreSQL 18 would skip through it by itself; 17 reads the whole table for a rare event.
_ANY_PROVIDER = """
provider = any(array(
    with recursive known(name) as (
        (select provider from webhook_logs order by provider limit 1)
        union all
        select (select provider from webhook_logs where provider > name order by provider limit 1)
        from known where name is not null
    )
    select name from known where name is not null
))
"""
_OUTCOMES = ("accepted", "ignored", "invalid")


def listing(wanted: WebhookFilter) -> Listing:
    """The webhooks that `wanted` names, newest first unless it says otherwise."""
    found = Listing(COLUMNS, "webhook_logs", order=[("id", "uuid")], descending=wanted.sort.startswith("-"))
    if term := Term.of(wanted.q):
        found.where(
            "id = any(array(select id from webhook_logs where order_id = ? union select id from webhook_logs where "
            "payment_id = ? union select id from webhook_logs where reservation_id = ? union select ?::uuid))",
            *[term.text] * 3,
            term.uuid,
        )
    provider = wanted.provider or _PROVIDER_OF_TYPE.get(wanted.webhook_type or "")
    if provider:
        found.where("provider = ?", provider)
    if wanted.event_type:
        found.where("event_type = ?", wanted.event_type)
        if not provider:
            found.where(_ANY_PROVIDER)
    if wanted.outcome:
        assert wanted.outcome in _OUTCOMES, "the filter's type admits no other"
        # a literal, so that the planner can prove the partial index fit
        found.where(f"outcome = '{wanted.outcome}'")
    for column in ("order_id", "payment_id", "reservation_id"):
        if value := getattr(wanted, column):
            found.where(f"{column} = ?", value)
    if wanted.received_from:
        found.where("id >= ?", id_floor(wanted.received_from))
    if wanted.received_to:
        found.where("id < ?", id_floor(wanted.received_to))
    return found


async def list_webhooks(pool: Pool, wanted: WebhookFilter, page: PageRequest) -> Page[WebhookSummary]:
    """One page of webhook logs."""
    return await fetch_page(pool, listing(wanted), page, WebhookSummary)


async def find(connection: Connection, webhook_id: UUID) -> asyncpg.Record | None:
    """The whole row, body and headers included."""
    return await connection.fetchrow(
        f"select {COLUMNS}, headers, body, body_removed_at, source_address, secret_id from webhook_logs where id = $1",  # noqa: S608
        webhook_id,
    )


async def replays(connection: Connection, webhook_id: UUID) -> list[Replay]:
    """Who replayed it, newest first."""
    rows = await connection.fetch(
        "select at, actor, reason, detail->>'eventId' as event_id from audit_log "
        "where target = $1 and action = 'webhook.replayed' order by id desc limit 100",
        f"webhook:{webhook_id}",
    )
    return [Replay.model_validate(dict(row)) for row in rows]


async def of_order(
    connection: Connection, order_id: UUID, payment_ids: list[str], reservation_ids: list[str]
) -> list[WebhookSummary]:
    """The webhooks that named the order, one of its payments or one of its reservations, oldest first."""
    rows = await connection.fetch(
        f"select {COLUMNS} from webhook_logs where id = any(array("  # noqa: S608
        "select id from webhook_logs where order_id = $1 "
        "union select id from webhook_logs where payment_id = any($2::text[]) "
        "union select id from webhook_logs where reservation_id = any($3::text[]))) order by id limit 500",
        str(order_id),
        payment_ids,
        reservation_ids,
    )
    return [WebhookSummary.model_validate(dict(row)) for row in rows]
