"""Reads the audit log."""

from bitloot_common.db import Pool

from bitloot_admin.models.audit import AuditFilter, AuditRow
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.search import Term
from bitloot_admin.store.listing import Listing, fetch_page


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
