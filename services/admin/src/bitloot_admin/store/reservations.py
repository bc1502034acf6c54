"""Reads reservations."""

from uuid import UUID

from bitloot_common.db import Connection, Pool

from bitloot_admin.models.reservations import Reservation, ReservationFilter
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.search import Term
from bitloot_admin.store.listing import Listing, fetch_page
from bitloot_admin.store.times import id_floor

COLUMNS = """
id, order_id, api, attempt, external_id, reservation_id, product_id, offer_id, quantity, price, status,
provider_status, codes_delivered, last_error, asked_count, next_ask_at, intended_at, requested_at, reserved_at,
given_at, delivered_at, expires_at, updated_at
"""


def listing(wanted: ReservationFilter) -> Listing:
    """The reservations that `wanted` names, newest first unless it says otherwise."""
    found = Listing(COLUMNS, "reservations", order=[("id", "uuid")], descending=wanted.sort.startswith("-"))
    if term := Term.of(wanted.q):
        if term.uuid:
            found.where("(order_id = ? or reservation_id = ? or external_id = ?)", term.uuid, term.text, term.text)
        else:
            found.where("(reservation_id = ? or external_id = ?)", term.text, term.text)
    if reservation_id := wanted.reservation_id or wanted.kinguin_reservation_id:
        found.where("reservation_id = ?", reservation_id)
    if wanted.order_id:
        found.where("order_id = ?", wanted.order_id)
    if wanted.status:
        found.where("status = ?", wanted.status)
    if wanted.created_from:
        found.where("id >= ?", id_floor(wanted.created_from))
    if wanted.created_to:
        found.where("id < ?", id_floor(wanted.created_to))
    return found


async def list_reservations(pool: Pool, wanted: ReservationFilter, page: PageRequest) -> Page[Reservation]:
    """One page of reservations."""
    return await fetch_page(pool, listing(wanted), page, Reservation)


async def of_order(connection: Connection, order_id: UUID) -> list[Reservation]:
    """The order's reservations, first attempt first."""
    rows = await connection.fetch(
        f"select {COLUMNS} from reservations where order_id = $1 order by attempt",  # noqa: S608
        order_id,
    )
    return [Reservation.model_validate(dict(row)) for row in rows]
