"""What was replayed while the database was away, as a record to be written to the audit log later."""

from datetime import UTC, datetime
from typing import Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field

from bitloot_common.db import Connection
from bitloot_common.deadletters import table
from bitloot_common.deadletters.letter import parse_id

_KNOWN = """
select substr(target, length('dead_letter:') + 1)::uuid as id from audit_log
where target = any($1::text[]) and detail->>'record' = $2
"""


class Record(BaseModel):
    """One replay: who sent which letters (by their places) back, when and why."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: Literal["bitloot.dead_letters.replayed"] = "bitloot.dead_letters.replayed"
    id: UUID = Field(default_factory=uuid4)
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    actor: str
    reason: str | None = None
    edited: bool = False
    places: list[str] = Field(min_length=1)


async def write(connection: Connection, record: Record) -> tuple[set[UUID], set[str]]:
    """Marks the record's letters as replayed, with their audit rows; twice is harmless.

    Returns the letters that were marked now, and the places that the table does not know yet: admin indexes them
    as soon as it reads their topic again. Raises ValueError for a place that is none.
    """
    ids = {parse_id(place): place for place in record.places}
    targets = [f"dead_letter:{each}" for each in ids]
    async with connection.transaction():
        known = {row["id"] for row in await connection.fetch(_KNOWN, targets, str(record.id))}
        detail = {"edited": record.edited, "record": str(record.id), "replayedAt": record.at.isoformat()}
        marked = await table.mark_replayed(
            connection, ids.keys() - known, actor=record.actor, reason=record.reason, detail=detail
        )
    return marked, {place for each, place in ids.items() if each not in known | marked}
