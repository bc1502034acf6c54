"""Reads and writes the views that people keep: a list's filters under a name."""

from dataclasses import dataclass
from uuid import UUID

from bitloot_common.db import Connection, Pool
from bitloot_common.ids import new_id

PER_PAGE_MAX = 20

_INSERT = """
insert into saved_views (id, person_id, page, name, query)
select $1, $2, $3, $4, $5
where (select count(*) from saved_views where person_id = $2 and page = $3) < $6
on conflict do nothing returning true
"""


@dataclass(frozen=True, slots=True)
class SavedView:
    """A list's query string under a name."""

    id: UUID
    name: str
    query: str


async def of_page(pool: Pool, person_id: UUID, page: str) -> list[SavedView]:
    """The person's views of a page, by name."""
    rows = await pool.fetch(
        "select id, name, query from saved_views where person_id = $1 and page = $2 order by lower(name)",
        person_id,
        page,
    )
    return [SavedView(**dict(row)) for row in rows]


async def insert(connection: Connection, person_id: UUID, page: str, name: str, query: str) -> bool:
    """Keeps a view. False when the name is taken, or the page has as many as it may."""
    return bool(await connection.fetchval(_INSERT, new_id(), person_id, page, name, query, PER_PAGE_MAX))


async def delete(connection: Connection, person_id: UUID, view_id: UUID) -> str | None:
    """Forgets a view of the person. Returns its page; None when there is none."""
    page: str | None = await connection.fetchval(
        "delete from saved_views where id = $1 and person_id = $2 returning page", view_id, person_id
    )
    return page
