"""Somebody follows a link: say what it is good for. Reveals nothing, records nothing, marks nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from bitloot_common.db import Connection, Pool

from bitloot_delivery.links import LinkSigner, NotOurs
from bitloot_delivery.store import keys, links, orders
from bitloot_delivery.store.keys import KeysRow
from bitloot_delivery.store.links import Link, Views
from bitloot_delivery.store.orders import Order


class LinkState(StrEnum):
    """What following the link leads to; each has a page of its own."""

    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"
    GONE = "gone"
    WAITING = "waiting"
    SPENT = "spent"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A genuine link, its order and what is stored of it."""

    state: LinkState
    link: Link
    order: Order
    parts: Sequence[KeysRow]
    views: Views
    reveals_left: int

    @property
    def codes_stored(self) -> int:
        return sum(row.codes_count for row in self.parts if row.openable)

    @property
    def viewed(self) -> bool:
        """Whether everything that is stored was revealed before."""
        sealed = [row.sealed_at for row in self.parts if row.openable and row.sealed_at is not None]
        return bool(sealed) and self.views.last_at is not None and max(sealed) < self.views.last_at


@dataclass(frozen=True, slots=True)
class OpenLink:
    """Looks a token up. `reveals_max` is the limit per link."""

    pool: Pool
    signer: LinkSigner
    reveals_max: int

    async def __call__(self, token: str) -> OpenedLink | None:
        """The link behind `token`, whatever its state; None when we made no such link."""
        try:
            said = self.signer.read(token)
        except NotOurs:
            return None
        async with self.pool.acquire() as connection:
            link = await links.find_link(connection, said.link_id)
            if link is None:
                return None
            order = await orders.find_order(connection, link.order_id)
            rows = await keys.parts(connection, link.order_id)
            seen = await links.views(connection, link.order_id)
        left = max(0, self.reveals_max - link.reveals)
        expired = said.expired(datetime.now(UTC))
        return OpenedLink(_state(link, rows, left, expired=expired), link, order, rows, seen, left)


async def look_again(connection: Connection, opened: OpenedLink, reveals_max: int) -> OpenedLink:
    """The link as it is after its reveal was refused: another reveal, an operator or time came in between."""
    link = await links.find_link(connection, opened.link.id)
    assert link is not None, "links are never deleted"
    rows = await keys.parts(connection, link.order_id)
    left = max(0, reveals_max - link.reveals)
    state = _state(link, rows, left, expired=False)
    if state is LinkState.READY:  # refused by the database's clock, which is ahead of ours
        state = LinkState.EXPIRED
    seen = await links.views(connection, link.order_id)
    return replace(opened, state=state, link=link, parts=rows, views=seen, reveals_left=left)


def _state(link: Link, rows: Sequence[KeysRow], reveals_left: int, *, expired: bool) -> LinkState:
    """The first that holds; what an operator decided comes before what time did. `expired`: its token says so."""
    if link.revoked_at is not None:
        return LinkState.REVOKED
    if expired or link.expires_at <= datetime.now(UTC):
        return LinkState.EXPIRED
    if rows and all(row.deleted_at for row in rows):
        return LinkState.GONE
    if not any(row.openable for row in rows):
        return LinkState.WAITING
    return LinkState.READY if reveals_left else LinkState.SPENT
