"""Keeps a list's filters under a name, for the person who asks."""

from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from bitloot_admin.store import saved_views
from bitloot_common.db import Pool
from bitloot_common.problem import Conflict, NotFound, Unprocessable

# the lists, by the paths of their pages
PAGES = ("/orders", "/payments", "/reservations", "/deliveries", "/webhooks", "/dead-letters", "/audit")
# where one is in a list, and what is open over it, is no part of a view
_PASSING = {"cursor", "offset", "open"}


async def keep_view(pool: Pool, person_id: UUID, page: str, name: str, query: str) -> None:
    """Raises Unprocessable when there is nothing to keep, Conflict when the name is taken or there are too many."""
    kept = urlencode([(key, value) for key, value in parse_qsl(query.removeprefix("?")) if key not in _PASSING])
    if page not in PAGES or not kept or not name.strip():
        raise Unprocessable("A view is a name and at least one filter of a list.")
    async with pool.acquire() as connection:
        if not await saved_views.insert(connection, person_id, page, name.strip(), kept):
            raise Conflict(f"There is a view “{name}” already, or there are {saved_views.PER_PAGE_MAX} of them.")


async def forget_view(pool: Pool, person_id: UUID, view_id: UUID) -> str:
    """Returns the page that it was of. Raises NotFound."""
    async with pool.acquire() as connection:
        page = await saved_views.delete(connection, person_id, view_id)
    if page is None:
        raise NotFound("You keep no such view.")
    return page
