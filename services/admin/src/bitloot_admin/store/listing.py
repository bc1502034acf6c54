"""How every list is read: conditions, order, keyset and a count that never scans millions of rows."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeVar

import asyncpg
import orjson
from bitloot_common.db import Connection, Pool

from bitloot_admin.models.model import Model
from bitloot_admin.paging import TOTAL_MAX, BadCursor, Cursor, Page, PageRequest

Item = TypeVar("Item", bound=Model)


class Listing:
    """One list's statement. Column and table names are the caller's literals; values are parameters.
    `source` is a table, or a table and its alias.

    `order` lists the sort columns with their PostgreSQL types, the last one unique; all sort the same way.
    """

    def __init__(self, columns: str, source: str, *, order: Sequence[tuple[str, str]], descending: bool = True) -> None:
        self._columns = columns
        self._source = source
        self._alias = source.split()[-1]
        self._order = order
        self._descending = descending
        self._conditions: list[str] = []
        self._values: list[Any] = []

    def where(self, condition: str, *values: Any) -> None:
        """Adds `condition`; each `?` in it stands for one of `values`."""
        for value in values:
            self._values.append(value)
            condition = condition.replace("?", f"${len(self._values)}", 1)
        self._conditions.append(condition)

    @property
    def filtered(self) -> bool:
        return bool(self._conditions)

    def page(self, request: PageRequest) -> tuple[str, list[Any], bool]:
        """The page's statement (one row more than asked for), its values, and whether it reads backwards."""
        cursor = Cursor.decode(request.cursor, len(self._order)) if request.cursor else None
        backwards = cursor is not None and cursor.backwards
        descending = self._descending != backwards
        conditions, values = list(self._conditions), list(self._values)
        if cursor:
            casts = []
            for value, (_, type_name) in zip(cursor.values, self._order, strict=True):
                values.append(value)
                casts.append(f"${len(values)}::text::{type_name}")
            names = ", ".join(name for name, _ in self._order)
            conditions.append(f"({names}) {'<' if descending else '>'} ({', '.join(casts)})")
        order = ", ".join(f"{name} {'desc' if descending else 'asc'}" for name, _ in self._order)
        keys = ", ".join(f"{name}::text as cursor_{i}" for i, (name, _) in enumerate(self._order))
        offset = 0 if cursor else request.offset
        # the page is cut first, so that what a column looks up is looked up for the page's rows only
        rows = (
            f"select {self._alias}.* from {self._source} {_where(conditions)} "  # noqa: S608  (our literals)
            f"order by {order} limit {request.limit + 1} offset {offset}"
        )
        sql = f"select {self._columns}, {keys} from ({rows}) {self._alias} order by {order}"  # noqa: S608
        return sql, values, backwards

    def count(self) -> tuple[str, list[Any]]:
        """A count that stops one beyond what is counted exactly."""
        inner = f"select 1 from {self._source} {_where(self._conditions)} limit {TOTAL_MAX + 1}"  # noqa: S608
        return f"select count(*) from ({inner}) counted", self._values  # noqa: S608

    def estimate(self) -> tuple[str, list[Any]]:
        """Asks the planner how many rows there are."""
        plan = f"explain (format json) select 1 from {self._source} {_where(self._conditions)}"  # noqa: S608
        return plan, self._values

    def cursor(self, row: asyncpg.Record, *, backwards: bool) -> str:
        """The cursor that continues beyond `row`."""
        return Cursor(tuple(row[f"cursor_{i}"] for i in range(len(self._order))), backwards).encode()


def _where(conditions: Sequence[str]) -> str:
    return f"where {' and '.join(conditions)}" if conditions else ""


async def fetch_page(pool: Pool, listing: Listing, request: PageRequest, model: type[Item]) -> Page[Item]:
    """One page of `listing` as `model`s, with its total. Raises BadCursor."""
    sql, values, backwards = listing.page(request)
    async with pool.acquire() as connection:
        try:
            rows = await connection.fetch(sql, *values)
        except asyncpg.DataError:
            if request.cursor:
                raise BadCursor from None
            raise
        total, is_estimate = await _total(connection, listing)
    more = len(rows) > request.limit
    rows = rows[: request.limit]
    if backwards:
        rows = rows[::-1]
    has_next = more or backwards
    has_prev = more if backwards else bool(request.cursor or request.offset)
    return Page[model](  # type: ignore[valid-type]
        items=[model.model_validate(dict(row)) for row in rows],
        total=total,
        total_is_estimate=is_estimate,
        limit=request.limit,
        offset=0 if request.cursor else request.offset,
        next_cursor=listing.cursor(rows[-1], backwards=False) if rows and has_next else None,
        prev_cursor=listing.cursor(rows[0], backwards=True) if rows and has_prev else None,
    )


async def fetch_all(pool: Pool, listing: Listing, model: type[Item], *, step: int = 1000) -> AsyncIterator[list[Item]]:
    """Every row of `listing`, `step` at a time by cursor; between two steps no connection is held."""
    request = PageRequest.model_construct(limit=step, offset=0, cursor=None)
    while True:
        sql, values, _ = listing.page(request)
        rows = await pool.fetch(sql, *values)
        yield [model.model_validate(dict(row)) for row in rows[:step]]
        if len(rows) <= step:
            return
        cursor = listing.cursor(rows[step - 1], backwards=False)
        request = PageRequest.model_construct(limit=step, offset=0, cursor=cursor)


async def _total(connection: Connection, listing: Listing) -> tuple[int, bool]:
    sql, values = listing.count()
    counted: int = await connection.fetchval(sql, *values)
    if counted <= TOTAL_MAX:
        return counted, False
    sql, values = listing.estimate()
    plan = await connection.fetchval(sql, *values)
    rows = (orjson.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"]
    return max(int(rows), counted), True
