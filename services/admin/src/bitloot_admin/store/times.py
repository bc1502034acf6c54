"""Time ranges as id ranges: our ids are UUIDv7, so an index on the id is an index on the time it was made."""

from datetime import UTC, datetime
from uuid import UUID


def id_floor(at: datetime) -> UUID:
    """The smallest UUIDv7 of that millisecond. Times without a zone are UTC."""
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    milliseconds = max(0, int(at.timestamp() * 1000))
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0x2 << 62))
