"""Lists as CSV, streamed: one keyset page after another, never the whole list in memory."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Literal, TypeVar

import orjson
from bitloot_common.db import Pool
from fastapi.responses import StreamingResponse
from pydantic import Field

from bitloot_admin import audit
from bitloot_admin.models.model import Model
from bitloot_admin.store.listing import Listing, fetch_all

Item = TypeVar("Item", bound=Model)

Format = Annotated[Literal["json", "csv"], Field(description="csv: all that the filters leave, streamed")]
CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}, "example": "id,status\r\n"}}}
}

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run these
# what says how much of a list is wanted, and says nothing of which rows
_PAGING = {"limit", "offset", "cursor", "format"}


async def stream_csv(
    name: str, pool: Pool, listing: Listing, model: type[Item], query: Model, *, actor: str
) -> StreamingResponse:
    """All rows of `listing` as an attachment called `name`.csv, with an audit row: who took how much of what away."""
    pages = fetch_all(pool, listing, model)
    first = await anext(pages)  # what cannot be read is refused here, and not in the middle of a file
    filters = query.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=_PAGING)
    async with pool.acquire() as connection:
        await audit.write(connection, actor, "list.exported", f"list:{name}", detail={"filters": filters})
    headers = {"content-disposition": f'attachment; filename="{name}.csv"', "cache-control": "no-store"}
    return StreamingResponse(_lines(first, pages, model), media_type="text/csv; charset=utf-8", headers=headers)


async def _lines(first: list[Item], pages: AsyncIterator[list[Item]], model: type[Item]) -> AsyncIterator[str]:
    names = [field.alias or name for name, field in model.model_fields.items()]
    yield _line(names)
    yield _rows(first, names)
    async for items in pages:
        yield _rows(items, names)


def _rows(items: list[Item], names: list[str]) -> str:
    dumped = (item.model_dump(mode="json", by_alias=True) for item in items)
    return "".join(_line([_cell(row[name]) for name in names]) for row in dumped)


def _cell(value: object) -> str:
    if isinstance(value, (dict, list, bool)):
        text = orjson.dumps(value).decode()
    else:
        text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, (int, float)) else text


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
