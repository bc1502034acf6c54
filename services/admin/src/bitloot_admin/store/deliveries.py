"""Reads sealed keys, links, mails and views."""

from uuid import UUID

from bitloot_common.db import Connection, Pool

from bitloot_admin.models.deliveries import Delivery, DeliveryFilter, Link, LinkView, SealedKeys
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.search import Term
from bitloot_admin.store.listing import Listing, fetch_page
from bitloot_admin.store.times import id_floor

COLUMNS = """
id, order_id, purpose, sequence, status, complete, attempts, last_error, requested_by, link_id, created_at, mailed_at
"""

# Reveals first, so that however often somebody tries a link in vain, who saw the codes stays in sight.
_VIEWS = """
select at, link_id, outcome, address, user_agent from (
    select * from link_views where order_id = $1 order by (outcome = 'revealed') desc, at desc limit 500
) shown order by at
"""


def listing(wanted: DeliveryFilter) -> Listing:
    """The mails that `wanted` names, newest first unless it says otherwise."""
    found = Listing(COLUMNS, "deliveries", order=[("id", "uuid")], descending=wanted.sort.startswith("-"))
    if term := Term.of(wanted.q):
        found.where("order_id = ?", term.uuid)
    if wanted.order_id:
        found.where("order_id = ?", wanted.order_id)
    if wanted.status:
        found.where("status = ?", wanted.status)
    if wanted.created_from:
        found.where("id >= ?", id_floor(wanted.created_from))
    if wanted.created_to:
        found.where("id < ?", id_floor(wanted.created_to))
    return found


async def list_deliveries(pool: Pool, wanted: DeliveryFilter, page: PageRequest) -> Page[Delivery]:
    """One page of mails."""
    return await fetch_page(pool, listing(wanted), page, Delivery)


async def of_order(
    connection: Connection, order_id: UUID
) -> tuple[list[SealedKeys], list[Link], list[Delivery], list[LinkView]]:
    """The order's sealed keys, links, mails and views, oldest first."""
    keys = await connection.fetch(
        "select id, order_id, part, reservation_id, storage_ref, codes_count, kid, sealed_at, viewed_at, view_count, "
        "deleted_at from keys where order_id = $1 order by part",
        order_id,
    )
    links = await connection.fetch(
        "select id, order_id, purpose, created_at, expires_at, revoked_at, revoked_reason, reveals from links "
        "where order_id = $1 order by id",
        order_id,
    )
    mails = await connection.fetch(f"select {COLUMNS} from deliveries where order_id = $1 order by id", order_id)  # noqa: S608
    views = await connection.fetch(_VIEWS, order_id)
    return (
        [SealedKeys.model_validate(dict(row)) for row in keys],
        [Link.model_validate(dict(row)) for row in links],
        [Delivery.model_validate(dict(row)) for row in mails],
        [LinkView.model_validate(dict(row)) for row in views],
    )
