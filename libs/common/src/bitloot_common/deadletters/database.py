"""The database as an operator meets it: there, or away; never a stack trace of its driver."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg


class DatabaseAway(Exception):
    """The table cannot be reached, or not be used; the topics may be."""


@contextmanager
def database_errors() -> Iterator[None]:
    """Its errors become ours. Where it refuses (a missing migration, no rights) in its own words."""
    try:
        yield
    except asyncpg.PostgresError as error:
        raise DatabaseAway(f"the database refused: {error} ({type(error).__name__})") from error
    except (OSError, asyncpg.InterfaceError) as error:
        raise DatabaseAway(f"the database did not answer ({type(error).__name__})") from error
