"""/admin/dead-letters."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse

from bitloot_admin.access import LOOK, router
from bitloot_admin.api.export import Format, stream_csv
from bitloot_admin.models.dead_letters import DeadLetterFilter, DeadLetterSummary
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import dead_letters

routes = router("dead letters", prefix="/admin/dead-letters")


class DeadLettersQuery(DeadLetterFilter, PageRequest):
    """Filter, order, page and format."""

    format: Format = "json"


@routes.get("", summary="Dead letters", response_model=Page[DeadLetterSummary], dependencies=[Depends(LOOK)])
async def list_dead_letters(
    parts: UsesParts, query: Annotated[DeadLettersQuery, Query()]
) -> Page[DeadLetterSummary] | StreamingResponse:
    """A page of dead letters, newest first."""
    if query.format == "csv":
        return stream_csv("dead-letters", parts.pool, dead_letters.listing(query), DeadLetterSummary)
    return await dead_letters.list_dead_letters(parts.pool, query, query)
