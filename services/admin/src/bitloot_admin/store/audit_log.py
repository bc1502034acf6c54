"""Reads the audit log."""

from typing import Any

from bitloot_common.db import Connection, Pool

from bitloot_admin.models.audit import AuditFilter, AuditRow
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.search import Term
from bitloot_admin.store.listing import Listing, fetch_page

_LOCK = "select pg_advisory_xact_lock(hashtextextended('audit ' || $1::text, 0))"

_BY_KEY = """
select reason, detail from audit_log where target = $1 and action = $2 and detail ->> 'idempotencyKey' = $3
order by id limit 1
"""

_IN_LAST_HOUR = """
select count(*)::int as count, extract(epoch from now() - min(at))::float as first_s_ago,
       extract(epoch from now() - max(at))::float as last_s_ago
from audit_log where target = $1 and action = $2 and at > now() - interval '1 hour'
"""


def listing(wanted: AuditFilter) -> Listing:
    """The rows that `wanted` names, newest first unless it says otherwise."""
    columns = "id, at, actor, action, target, reason, detail"
    found = Listing(columns, "audit_log", order=[("id", "bigint")], descending=wanted.sort.startswith("-"))
    if term := Term.of(wanted.q):
        kinds = ["order", "webhook", "person", "token", "dead_letter", "group", "job"]
        found.where("(actor = ? or target = any(?::text[]))", term.text, [f"{kind}:{term.text}" for kind in kinds])
    if wanted.actor:
        found.where("actor = ?", wanted.actor)
    if wanted.action:
        found.where("action = ?", wanted.action)
    if wanted.target:
        found.where("target = ?", wanted.target)
    if wanted.at_from:
        found.where("at >= ?", wanted.at_from)
    if wanted.at_to:
        found.where("at < ?", wanted.at_to)
    return found


async def list_audit(pool: Pool, wanted: AuditFilter, page: PageRequest) -> Page[AuditRow]:
    """One page of the audit log."""
    return await fetch_page(pool, listing(wanted), page, AuditRow)


async def lock_target(connection: Connection, target: str) -> None:
    """Holds back other transactions that act on `target`, until this one ends."""
    await connection.execute(_LOCK, target)


async def find_by_key(connection: Connection, action: str, target: str, idempotency_key: str) -> dict[str, Any] | None:
    """`reason` and `detail` of the row that was written with this key."""
    record = await connection.fetchrow(_BY_KEY, target, action, idempotency_key)
    return dict(record) if record else None


async def asked_in_last_hour(connection: Connection, action: str, target: str) -> dict[str, Any]:
    """`count` of the rows, and how long ago, in seconds, the first and the last of them are (None without any)."""
    record = await connection.fetchrow(_IN_LAST_HOUR, target, action)
    assert record is not None, "an aggregate always answers"
    return dict(record)
