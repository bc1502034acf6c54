"""/admin/reservations."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse

from bitloot_admin.access import LOOK, router
from bitloot_admin.api.export import Format, stream_csv
from bitloot_admin.models.reservations import Reservation, ReservationFilter
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import reservations

routes = router("reservations", prefix="/admin/reservations")


class ReservationsQuery(ReservationFilter, PageRequest):
    """Filter, order, page and format."""

    format: Format = "json"


@routes.get("", summary="Reservations", response_model=Page[Reservation], dependencies=[Depends(LOOK)])
async def list_reservations(
    parts: UsesParts, query: Annotated[ReservationsQuery, Query()]
) -> Page[Reservation] | StreamingResponse:
    """A page of purchases at Kinguin."""
    if query.format == "csv":
        return stream_csv("reservations", parts.pool, reservations.listing(query), Reservation)
    return await reservations.list_reservations(parts.pool, query, query)
