"""/admin/reservations."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import StreamingResponse

from bitloot_admin.access import Looker, router
from bitloot_admin.api.export import CSV, Format, stream_csv
from bitloot_admin.models.reservations import Reservation, ReservationFilter
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import reservations

routes = router("reservations", prefix="/admin/reservations")


class ReservationsQuery(ReservationFilter, PageRequest):
    """Filter, order, page and format."""

    format: Format = "json"


@routes.get("", summary="Reservations", response_model=Page[Reservation], responses=CSV)
async def list_reservations(
    parts: UsesParts, who: Looker, query: Annotated[ReservationsQuery, Query()]
) -> Page[Reservation] | StreamingResponse:
    """A page of purchases at Kinguin."""
    if query.format == "csv":
        return await stream_csv(
            "reservations", parts.pool, reservations.listing(query), Reservation, query, actor=who.actor
        )
    return await reservations.list_reservations(parts.pool, query, query)
