"""Pages of a list: by offset as the first shop had it, or by a cursor that is as fast at ten million rows.

A cursor holds the sort columns of the row it continues after, as text; PostgreSQL compares the whole row
value against an index, so the first page and the millionth cost the same.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

import orjson
from bitloot_common.problem import Unprocessable
from pydantic import Field

from bitloot_admin.models.model import Model

LIMIT_MAX = 200
OFFSET_MAX = 10_000
TOTAL_MAX = 10_000
"""Counted exactly up to here; beyond, the planner's estimate, marked as one."""

Item = TypeVar("Item", bound=Model)


class PageRequest(Model):
    """Which part of a list. `cursor` (from `nextCursor` or `prevCursor`) wins over `offset`."""

    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX)] = 50
    offset: Annotated[int, Field(ge=0, le=OFFSET_MAX, description="beyond 10,000 use cursors")] = 0
    cursor: str | None = None


class Page(Model, Generic[Item]):
    """A part of a list. `total` is exact up to 10,000; `totalIsEstimate` says when it is not."""

    items: list[Item]
    total: int
    limit: int
    offset: int
    next_cursor: str | None = None
    prev_cursor: str | None = None
    total_is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page continues: beyond the row with these sort values, forwards or back."""

    values: tuple[str, ...]
    backwards: bool = False

    def encode(self) -> str:
        packed = orjson.dumps([int(self.backwards), *self.values])
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str, width: int) -> "Cursor":
        """Raises Unprocessable when `text` is no cursor of a list with `width` sort columns."""
        try:
            packed = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            backwards, *values = packed
        except (ValueError, TypeError, binascii.Error):
            raise BadCursor from None
        if len(values) != width or not all(isinstance(value, str) for value in values):
            raise BadCursor
        return cls(tuple(values), bool(backwards))


class BadCursor(Unprocessable):
    """The cursor is not one of this list's."""

    def __init__(self) -> None:
        super().__init__("The cursor is not one of this list's; start again without it.")
