"""Codes wait at Kinguin: fetch them, seal them into object storage, and ask for the mail.

    fetch → intent row with the wrapped data key (commit) → PUT, once → read back → keys row, outbox (commit)

A crash anywhere is repeated from the start and ends in the same place: the row's data key is chosen once, so
an object that an earlier try put is opened by it and counts; an object is never overwritten; the last commit
is guarded, so that only one try publishes `KeysStored`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from bitloot_common.db import Pool
from bitloot_common.events.delivery import KeysStored
from bitloot_common.events.fulfillment import DeliveryRequested
from bitloot_common.outbox import Outbox
from bitloot_common.timeline import Entry, append
from bitloot_kinguin import Kinguin

from bitloot_delivery import metrics
from bitloot_delivery.clients.storage import KeyStorage
from bitloot_delivery.errors import CodesMissing, EarlierPartUnsealed, SealedObjectBroken
from bitloot_delivery.key_ring import KeyRing
from bitloot_delivery.sealing import SealedCodes, without
from bitloot_delivery.secret import DataKey
from bitloot_delivery.store import keys, mails, orders
from bitloot_delivery.store.keys import KeysRow

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StoreKeys:
    """Seals one part of one order. `mail_domain` is the right side of our Message-IDs."""

    pool: Pool
    outbox: Outbox
    kinguin: Kinguin
    storage: KeyStorage
    ring: KeyRing
    mail_domain: str

    async def __call__(self, request: DeliveryRequested, cause: dict[str, Any]) -> None:
        """Raises OrderUnknown, EarlierPartUnsealed, CodesMissing, Kinguin's and the storage's errors."""
        async with self.pool.acquire() as connection:
            order = await orders.find_order(connection, request.order_id)
            rows = await keys.parts(connection, request.order_id)
        if _is_done(request, rows, order.quantity):
            log.info("delivery.keys.stored_before", order_id=str(order.id), part=request.part)
            return
        content = await self._fetch(request, rows, order.quantity)
        row = await self._intend(request)
        key = self.ring.unwrap(row.wrapped, row.order_id, row.part)
        ref = await self.storage.save_keys_json(order.id, content, key=key)
        await self._complete(row, ref, key, order, cause)

    async def _fetch(self, request: DeliveryRequested, rows: Sequence[KeysRow], quantity: int) -> SealedCodes:
        """The codes at Kinguin that no earlier part of this reservation holds."""
        earlier = [row for row in rows if row.part < request.part]
        if sum(row.sealed_at is not None for row in earlier) < request.part - 1:
            raise EarlierPartUnsealed(request.order_id, request.part)
        delivered = await self.kinguin.delivered(request.reservation_id)
        sealed = [
            await self._open(row) for row in earlier if row.openable and row.reservation_id == request.reservation_id
        ]
        new = without(delivered.codes, sealed)
        if not new:
            raise CodesMissing(request.order_id, _codes_stored(rows), quantity)
        return SealedCodes(request.order_id, request.part, new)

    async def _open(self, row: KeysRow) -> SealedCodes:
        key = self.ring.unwrap(row.wrapped, row.order_id, row.part)
        content, _ = await self.storage.read_keys_json(row.storage_ref, key=key)
        return content

    async def _intend(self, request: DeliveryRequested) -> KeysRow:
        wrapped = self.ring.wrap(DataKey.random(), request.order_id, request.part)
        name = f"orders/{request.order_id}/{request.part}.jwe"
        async with self.pool.acquire() as connection:
            return await keys.insert_intent_once(
                connection, request.order_id, request.part, request.reservation_id, name, wrapped
            )

    async def _complete(self, row: KeysRow, ref: str, key: DataKey, order: orders.Order, cause: dict[str, Any]) -> None:
        """What stands in the bucket is read back and counts, not what we meant to put there."""
        content, sha256 = await self.storage.read_keys_json(ref, key=key)
        if (content.order_id, content.part) != (row.order_id, row.part) or not content.codes:
            raise SealedObjectBroken(ref, "holds another order's codes")
        async with self.pool.acquire() as connection, connection.transaction():
            if not await keys.mark_sealed(connection, row.id, ref, len(content.codes), sha256):
                return  # another try was faster
            stored = _codes_stored(await keys.parts(connection, row.order_id))
            complete = stored >= order.quantity
            await mails.insert_part_mail_once(
                connection, row.order_id, row.part, domain=self.mail_domain, complete=complete
            )
            detail = {"part": row.part, "codes": len(content.codes), "storage_ref": ref}
            await append(
                connection,
                self.outbox,
                Entry(row.order_id, "keys.stored", public=True, detail=detail, cause=cause),
            )
            event = KeysStored(
                order_id=row.order_id,
                part=row.part,
                storage_ref=ref,
                codes_stored=stored,
                quantity=order.quantity,
                complete=complete,
            )
            await self.outbox.add(connection, event, key=str(row.order_id))
        self.outbox.committed()
        metrics.KEYS_SEALED.inc(len(content.codes))
        log.info("delivery.keys.stored", order_id=str(row.order_id), part=row.part, count=len(content.codes))


def _codes_stored(rows: Sequence[KeysRow]) -> int:
    return sum(row.codes_count for row in rows if row.sealed_at)


def _is_done(request: DeliveryRequested, rows: Sequence[KeysRow], quantity: int) -> bool:
    """Whether this part is there already, or nothing is left to store: a repeated request changes nothing."""
    ours = next((row for row in rows if row.part == request.part), None)
    if ours is not None and (ours.sealed_at or ours.deleted_at):
        return True
    return _codes_stored(rows) >= quantity
