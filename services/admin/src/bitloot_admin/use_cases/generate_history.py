"""Fills an empty database with a year of made-up orders, to see lists, plans and pages at their real size."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic

import asyncpg

_SQL = Path(__file__).parent.parent / "history.sql"


class DatabaseNotEmpty(Exception):
    """There are orders already: made-up ones do not belong beside them."""

    def __init__(self) -> None:
        super().__init__("the database holds orders already; history is made in an empty one only")


async def generate_history(database_url: str, orders: int, say: Callable[[str], None]) -> None:
    """Makes `orders` orders and five webhook logs for each, telling each step through `say`.

    About four minutes and 5 GB for a million. Needs the schema's owner. Raises DatabaseNotEmpty.
    """
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        if await connection.fetchval("select exists (select from orders)"):
            raise DatabaseNotEmpty
        started = monotonic()
        for statement in _statements(orders):
            await connection.execute(statement, timeout=1800)
            say(f"{monotonic() - started:6.1f} s  {_first_line(statement)}")
    finally:
        await connection.close()


def _statements(orders: int) -> list[str]:
    text = _SQL.read_text().replace(":orders", str(int(orders)))
    return [part.strip() for part in text.split(";\n\n") if part.strip()]


def _first_line(statement: str) -> str:
    lines = [line for line in statement.splitlines() if not line.startswith("--")]
    return lines[0][:60] if lines else ""
