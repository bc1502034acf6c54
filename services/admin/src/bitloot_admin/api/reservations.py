"""/admin/reservations."""

from typing import Annotated

from fastapi import Depends, Query

from bitloot_admin.access import LOOK, router
from bitloot_admin.models.reservations import Reservation, ReservationFilter
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import reservations

routes = router("reservations", prefix="/admin/reservations")


class ReservationsQuery(ReservationFilter, PageRequest):
    """Filter, order and page."""


@routes.get("", summary="Reservations", dependencies=[Depends(LOOK)])
async def list_reservations(parts: UsesParts, query: Annotated[ReservationsQuery, Query()]) -> Page[Reservation]:
    """A page of purchases at Kinguin."""
    return await reservations.list_reservations(parts.pool, query, query)
