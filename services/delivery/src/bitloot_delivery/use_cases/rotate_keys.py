"""The key ring has a new first key: wrap every data key with it. No object is touched, no code is read."""

from collections import Counter
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bitloot_common.db import Connection

from bitloot_delivery.errors import KeyUnknown, SealedObjectBroken
from bitloot_delivery.key_ring import KeyRing
from bitloot_delivery.store import keys

BATCH: Final = 500
_FIRST: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Rotation:
    """How many rows were rewrapped, and how many could not be, by the kid that they are wrapped with."""

    rewrapped: int
    failed: dict[str, int]


async def rotate_keys(connection: Connection, ring: KeyRing) -> Rotation:
    """Rewraps in batches, oldest first; may be stopped and run again, also beside running services.

    A row whose key is missing from the ring, or that does not open, is counted and left as it is.
    """
    rewrapped, failed = 0, Counter[str]()
    after = _FIRST
    while batch := await keys.under_other_key(connection, ring.current, after, BATCH):
        async with connection.transaction():
            for row in batch:
                try:
                    key = ring.unwrap(row.wrapped, row.order_id, row.part)
                except (KeyUnknown, SealedObjectBroken):
                    failed[row.wrapped.kid] += 1
                    continue
                rewrapped += await keys.rewrap(connection, row, ring.wrap(key, row.order_id, row.part))
        after = batch[-1].id
    return Rotation(rewrapped, dict(failed))
