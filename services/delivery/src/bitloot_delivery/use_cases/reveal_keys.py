"""The customer pressed Reveal: record who and when, and hand out what opens the sealed objects."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

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
from bitloot_delivery.use_cases.open_link import LinkState, OpenedLink, look_again

log = structlog.get_logger(__name__)


class NotRevealed(Exception):
    """The link may not reveal: `now` is what it is good for instead."""

    def __init__(self, now: OpenedLink) -> None:
        super().__init__(now.state)
        metrics.REVEALS.labels(str(now.state)).inc()
        self.now = now


@dataclass(frozen=True, slots=True)
class Opener:
    """One sealed object: a short-lived URL to it and the key that opens it."""

    part: int
    codes_count: int
    url: str = field(repr=False)
    key: DataKey


@dataclass(frozen=True, slots=True)
class Revealed:
    """A counted reveal, `id` its row in `link_views`. `contents` only where our side opened the objects."""

    id: UUID
    views: Views
    reveals_left: int
    openers: Sequence[Opener] = ()
    contents: Sequence[SealedCodes] = ()

    @property
    def viewed_at(self) -> datetime:
        assert self.views.first_at is not None, "this reveal is one of them"
        return self.views.first_at

    @property
    def last_viewed_at(self) -> datetime:
        assert self.views.last_at is not None, "this reveal is one of them"
        return self.views.last_at


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
        """What the page's script needs to fetch and open the objects itself.

        Raises NotRevealed, KeyUnknown and the storage's errors: a lost object does not count as viewed.
        """
        await self._allowed(opened, reader)
        openers = [await self._opener(row) for row in opened.parts if row.openable]
        return replace(await self._count(opened, reader), openers=openers)

    async def for_plain_page(self, opened: OpenedLink, reader: Reader, counted: UUID | None) -> Revealed:
        """The codes themselves, for a browser without scripts, or whose script could not open them.

        `counted`: the script's reveal, which this one then goes on with. Raises NotRevealed and the storage's errors.
        """
        if counted and await self._goes_on(opened, counted):
            return Revealed(counted, opened.views, opened.reveals_left, (), await self._contents(opened))
        await self._allowed(opened, reader)
        contents = await self._contents(opened)
        return replace(await self._count(opened, reader), contents=contents)

    async def _goes_on(self, opened: OpenedLink, counted: UUID) -> bool:
        """Whether that reveal was this link's and is as recent as the storage URL that it gave: no more is given."""
        if opened.state not in {LinkState.READY, LinkState.SPENT}:
            return False
        async with self.pool.acquire() as connection:
            return await links.revealed_lately(connection, opened.link.id, counted, timedelta(seconds=self.url_ttl_s))

    async def _allowed(self, opened: OpenedLink, reader: Reader) -> None:
        if opened.state is not LinkState.READY:
            async with self.pool.acquire() as connection:
                await links.insert_view(connection, opened.link, reader, str(opened.state))
            raise NotRevealed(opened)

    async def _contents(self, opened: OpenedLink) -> list[SealedCodes]:
        return [await self._open(row) for row in opened.parts if row.openable]

    async def _opener(self, row: KeysRow) -> Opener:
        key = self.ring.unwrap(row.wrapped, row.order_id, row.part)
        await self.storage.find(row.storage_ref)
        url = await self.storage.get_signed_url(row.storage_ref, self.url_ttl_s)
        return Opener(row.part, row.codes_count, url, key)

    async def _open(self, row: KeysRow) -> SealedCodes:
        key = self.ring.unwrap(row.wrapped, row.order_id, row.part)
        content, sha256 = await self.storage.read_keys_json(row.storage_ref, key=key)
        if sha256 != row.object_sha256:
            raise SealedObjectBroken(row.storage_ref, "is not the object that was stored")
        return content

    async def _count(self, opened: OpenedLink, reader: Reader) -> Revealed:
        """Everything is at hand; now it counts. The limit is checked again, in the statement that counts."""
        async with self.pool.acquire() as connection:
            async with connection.transaction():
                reveals = await links.count_reveal(connection, opened.link.id, self.reveals_max)
                if reveals is not None:
                    view_id, views = await self._record(connection, opened, reader)
            if reveals is None:
                now = await look_again(connection, opened, self.reveals_max)
                await links.insert_view(connection, now.link, reader, str(now.state))
                raise NotRevealed(now)
        self.outbox.committed()
        metrics.REVEALS.labels("revealed").inc()
        log.info("delivery.link.viewed", order_id=str(opened.order.id), views=views.count)
        return Revealed(view_id, views, self.reveals_max - reveals)

    async def _record(self, connection: Connection, opened: OpenedLink, reader: Reader) -> tuple[UUID, Views]:
        view_id = await links.insert_view(connection, opened.link, reader, "revealed")
        await keys.mark_viewed(connection, opened.order.id)
        views = await links.views(connection, opened.order.id)
        detail = {"link_id": str(opened.link.id), "views": views.count}
        await append(connection, self.outbox, Entry(opened.order.id, "link.viewed", public=True, detail=detail))
        return view_id, views
