"""Reads dead letters. What is done to them is done by `bitloot_common.deadletters`, as from the command line."""

from bitloot_common.db import Pool

from bitloot_admin.models.dead_letters import DeadLetterFilter, DeadLetterSummary
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.search import Term
from bitloot_admin.store.listing import Listing, fetch_page

COLUMNS = """
id, service, fingerprint as "group", original_topic, original_partition, original_offset, event_id, event_type,
order_id, attempts, error_class, error_message, first_failed_at, dead_at, state, state_at, state_by, state_reason,
replays
"""


def listing(wanted: DeadLetterFilter) -> Listing:
    """The dead letters that `wanted` names, newest first unless it says otherwise."""
    order = [("dead_at", "timestamptz"), ("id", "uuid")]
    found = Listing(COLUMNS, "dead_letters", order=order, descending=wanted.sort.startswith("-"))
    if term := Term.of(wanted.q):
        if term.uuid:
            found.where("(order_id = ? or id = ? or event_id = ?)", term.uuid, term.uuid, term.text)
        else:
            found.where("(fingerprint = ? or event_id = ?)", term.text, term.text)
    if wanted.state:
        found.where("state = ?", wanted.state)
    if wanted.group:
        found.where("fingerprint = ?", wanted.group)
    if wanted.service:
        found.where("service = ?", wanted.service)
    if wanted.order_id:
        found.where("order_id = ?", wanted.order_id)
    return found


async def list_dead_letters(pool: Pool, wanted: DeadLetterFilter, page: PageRequest) -> Page[DeadLetterSummary]:
    """One page of dead letters."""
    return await fetch_page(pool, listing(wanted), page, DeadLetterSummary)
