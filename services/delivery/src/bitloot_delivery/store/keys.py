"""`keys`: which object holds an order's part, and the wrapped key that opens it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from bitloot_common.db import Connection
from bitloot_common.ids import new_id

from bitloot_delivery.key_ring import WrappedKey

_COLUMNS = (
    "id, order_id, part, reservation_id, storage_ref, codes_count, object_sha256, wrapped_key, kid, "
    "sealed_at, deleted_at"
)

_INTEND = """
insert into keys (id, order_id, part, reservation_id, storage_ref, wrapped_key, kid)
values ($1, $2, $3, $4, $5, $6, $7) on conflict (order_id, part) do nothing
"""

_OF_ORDER = f"select {_COLUMNS} from keys where order_id = $1 order by part"  # noqa: S608  (our own columns)

_SEAL = """
update keys set storage_ref = $2, codes_count = $3, object_sha256 = $4, sealed_at = now()
where id = $1 and sealed_at is null and deleted_at is null returning true
"""

_VIEW = """
update keys set viewed_at = coalesce(viewed_at, now()), view_count = view_count + 1
where order_id = $1 and sealed_at is not null and deleted_at is null
"""

_UNDER_OTHER_KEY = f"""
select {_COLUMNS} from keys where kid <> $1 and deleted_at is null and id > $2 order by id limit $3
"""  # noqa: S608

_REWRAP = "update keys set wrapped_key = $3, kid = $4 where id = $1 and kid = $2 and deleted_at is null returning true"

# What was never sealed counts from its intent: its object may be there all the same. An order of which a part is
# still to come keeps what it has: the next part holds what no earlier object does.
_DUE = f"""
select {_COLUMNS} from keys
where deleted_at is null and id > $3
  and not exists (
    select from orders where orders.id = keys.order_id and orders.status in ('delivered', 'partly_delivered')
  )
  and (viewed_at < now() - $1::interval or coalesce(sealed_at, intended_at) < now() - $2::interval)
order by id limit $4
"""  # noqa: S608

# The row stays as a tombstone: with it gone, a replayed request would store and mail the order again.
_BURY = """
update keys set deleted_at = now(), wrapped_key = '', kid = '' where id = $1 and deleted_at is null returning true
"""

_COUNT_BY_KID = "select kid, count(*)::int as count from keys where deleted_at is null group by kid order by kid"


@dataclass(frozen=True, slots=True)
class KeysRow:
    """One part of one order. `sealed_at` None: only the intent is committed. `deleted_at`: nothing opens it.

    `object_sha256` is of the object that was read back when it was sealed.
    """

    id: UUID
    order_id: UUID
    part: int
    reservation_id: str
    storage_ref: str
    codes_count: int
    object_sha256: bytes | None
    wrapped: WrappedKey = field(repr=False)
    sealed_at: datetime | None
    deleted_at: datetime | None

    @property
    def openable(self) -> bool:
        return self.sealed_at is not None and self.deleted_at is None


def _row(record: asyncpg.Record) -> KeysRow:
    fields = dict(record)
    wrapped = WrappedKey(fields.pop("wrapped_key"), fields.pop("kid"))
    return KeysRow(**fields, wrapped=wrapped)


async def insert_intent_once(
    connection: Connection, order_id: UUID, part: int, reservation_id: str, storage_ref: str, wrapped: WrappedKey
) -> KeysRow:
    """The part's row, made now with `wrapped` unless an earlier try made it: then that one, with its own key."""
    await connection.execute(_INTEND, new_id(), order_id, part, reservation_id, storage_ref, wrapped.text, wrapped.kid)
    return next(row for row in await parts(connection, order_id) if row.part == part)


async def parts(connection: Connection, order_id: UUID) -> list[KeysRow]:
    """The order's parts, in their order, intents and tombstones included."""
    return [_row(record) for record in await connection.fetch(_OF_ORDER, order_id)]


async def mark_sealed(connection: Connection, keys_id: UUID, storage_ref: str, codes_count: int, sha256: bytes) -> bool:
    """Whether this call completed the intent; False when another did, or retention took it."""
    return bool(await connection.fetchval(_SEAL, keys_id, storage_ref, codes_count, sha256))


async def mark_viewed(connection: Connection, order_id: UUID) -> None:
    """Counts a reveal of all that the order has."""
    await connection.execute(_VIEW, order_id)


async def under_other_key(connection: Connection, kid: str, after: UUID, limit: int) -> list[KeysRow]:
    """Rows not wrapped with `kid`, beyond `after`, oldest first."""
    return [_row(record) for record in await connection.fetch(_UNDER_OTHER_KEY, kid, after, limit)]


async def rewrap(connection: Connection, row: KeysRow, wrapped: WrappedKey) -> bool:
    """Replaces the wrapped key unless somebody else did."""
    return bool(await connection.fetchval(_REWRAP, row.id, row.wrapped.kid, wrapped.text, wrapped.kid))


async def due_for_deletion(
    connection: Connection, *, after_view: timedelta, after_delivery: timedelta, after: UUID, limit: int
) -> list[KeysRow]:
    """Rows whose time is over, beyond `after`, oldest first."""
    return [_row(record) for record in await connection.fetch(_DUE, after_view, after_delivery, after, limit)]


async def bury(connection: Connection, keys_id: UUID) -> bool:
    """Forgets the wrapped key for good. Whether it was this call that did."""
    return bool(await connection.fetchval(_BURY, keys_id))


async def count_by_kid(connection: Connection) -> dict[str, int]:
    """How many rows each key of the ring wraps."""
    return {record["kid"]: record["count"] for record in await connection.fetch(_COUNT_BY_KID)}
