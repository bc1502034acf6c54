"""Lists as CSV, streamed: one keyset page after another, never the whole list in memory."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated, Literal, TypeVar

from bitloot_common.db import Pool
from fastapi.responses import StreamingResponse
from pydantic import Field

from bitloot_admin.models.model import Model
from bitloot_admin.store.listing import Listing, fetch_all

Item = TypeVar("Item", bound=Model)

Format = Annotated[Literal["json", "csv"], Field(description="csv: all that the filters leave, streamed")]

ROWS_MAX = 1_000_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run these


def stream_csv(name: str, pool: Pool, listing: Listing, model: type[Item]) -> StreamingResponse:
    """All rows of `listing`, up to a million, as an attachment called `name`.csv."""
    headers = {"content-disposition": f'attachment; filename="{name}.csv"', "cache-control": "no-store"}
    return StreamingResponse(_lines(pool, listing, model), media_type="text/csv; charset=utf-8", headers=headers)


async def _lines(pool: Pool, listing: Listing, model: type[Item]) -> AsyncIterator[str]:
    names = [field.alias or name for name, field in model.model_fields.items()]
    yield _line(names)
    async for items in fetch_all(pool, listing, model, rows_max=ROWS_MAX):
        dumped = (item.model_dump(mode="json", by_alias=True) for item in items)
        yield "".join(_line([_cell(row[name]) for name in names]) for row in dumped)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, (int, float)) else text


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
