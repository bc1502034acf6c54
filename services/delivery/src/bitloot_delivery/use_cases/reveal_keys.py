"""The customer pressed Reveal: record who and when, and hand out what opens the sealed objects."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from bitloot_common.db import Connection, Pool
from bitloot_common.outbox import Outbox
from bitloot_common.timeline import Entry, append

from bitloot_delivery import metrics
from bitloot_delivery.clients.storage import KeyStorage
from bitloot_delivery.errors import SealedObjectBroken
from bitloot_delivery.key_ring import KeyRing
from bitloot_delivery.sealing import SealedCodes
from bitloot_delivery.secret import DataKey
from bitloot_delivery.store import keys, links
from bitloot_delivery.store.keys import KeysRow
from bitloot_delivery.store.links import Reader, Views
from bitloot_delivery.use_cases.open_link import LinkState, OpenedLink

log = structlog.get_logger(__name__)


class NotRevealed(Exception):
    """The link may not reveal: `state` says why."""

    def __init__(self, state: LinkState) -> None:
        super().__init__(state)
        metrics.REVEALS.labels(str(state)).inc()
        self.state = state


@dataclass(frozen=True, slots=True)
class Opener:
    """One sealed object: a short-lived URL to it and the key that opens it."""

    part: int
    codes_count: int
    url: str = field(repr=False)
    key: DataKey


@dataclass(frozen=True, slots=True)
class Revealed:
    """A counted reveal. `contents` only where the page was asked for without a script."""

    views: Views
    reveals_left: int
    openers: Sequence[Opener]
    contents: Sequence[SealedCodes] = ()

    @property
    def viewed_at(self) -> datetime:
        assert self.views.first_at is not None, "this reveal is one of them"
        return self.views.first_at


@dataclass(frozen=True, slots=True)
class RevealKeys:
    """Reveals all parts that the order has. `url_ttl_s` is the signed URL's life in seconds."""

    pool: Pool
    outbox: Outbox
    storage: KeyStorage
    ring: KeyRing
    reveals_max: int
    url_ttl_s: int

    async def for_browser(self, opened: OpenedLink, reader: Reader) -> Revealed:
        """What the page's script needs to fetch and open the objects itself. Raises NotRevealed, KeyUnknown."""
        await self._allowed(opened, reader)
        openers = [await self._opener(row) for row in opened.parts if row.openable]
        views, left = await self._count(opened, reader)
        return Revealed(views, left, openers)

    async def for_plain_page(self, opened: OpenedLink, reader: Reader) -> Revealed:
        """The codes themselves, for a browser without scripts. Raises NotRevealed and the storage's errors."""
        await self._allowed(opened, reader)
        contents = [await self._open(row) for row in opened.parts if row.openable]
        views, left = await self._count(opened, reader)
        return Revealed(views, left, (), contents)

    async def _allowed(self, opened: OpenedLink, reader: Reader) -> None:
        if opened.state is not LinkState.READY:
            async with self.pool.acquire() as connection:
                await links.insert_view(connection, opened.link, reader, str(opened.state))
            raise NotRevealed(opened.state)

    async def _opener(self, row: KeysRow) -> Opener:
        key = self.ring.unwrap(row.wrapped, row.order_id, row.part)
        url = await self.storage.get_signed_url(row.storage_ref, self.url_ttl_s)
        return Opener(row.part, row.codes_count, url, key)

    async def _open(self, row: KeysRow) -> SealedCodes:
        key = self.ring.unwrap(row.wrapped, row.order_id, row.part)
        content, sha256 = await self.storage.read_keys_json(row.storage_ref, key=key)
        if sha256 != row.object_sha256:
            raise SealedObjectBroken(row.storage_ref, "is not the object that was stored")
        return content

    async def _count(self, opened: OpenedLink, reader: Reader) -> tuple[Views, int]:
        """Everything is at hand; now it counts. The limit is checked again, in the statement that counts."""
        async with self.pool.acquire() as connection:
            async with connection.transaction():
                reveals = await links.count_reveal(connection, opened.link.id, self.reveals_max)
                if reveals is not None:
                    views = await self._record(connection, opened, reader)
            if reveals is None:
                await links.insert_view(connection, opened.link, reader, str(LinkState.SPENT))
                raise NotRevealed(LinkState.SPENT)
        self.outbox.committed()
        metrics.REVEALS.labels("revealed").inc()
        log.info("delivery.link.viewed", order_id=str(opened.order.id), views=views.count)
        return views, self.reveals_max - reveals

    async def _record(self, connection: Connection, opened: OpenedLink, reader: Reader) -> Views:
        await links.insert_view(connection, opened.link, reader, "revealed")
        await keys.mark_viewed(connection, opened.order.id)
        views = await links.views(connection, opened.order.id)
        detail = {"link_id": str(opened.link.id), "views": views.count}
        await append(connection, self.outbox, Entry(opened.order.id, "link.viewed", public=True, detail=detail))
        return views
