"""`links` and `link_views`: what a mailed link may still do, and who used it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bitloot_common.db import Connection
from bitloot_common.ids import new_id

_INSERT = """
insert into links (id, order_id, purpose, expires_at) values ($1, $2, $3, now() + $4::interval) returning expires_at
"""

_PROLONG = (
    "update links set expires_at = now() + $2::interval where id = $1 and revoked_at is null returning expires_at"
)

_FIND = "select id, order_id, expires_at, revoked_at, reveals from links where id = $1"

# One statement, so that simultaneous reveals cannot pass the limit together.
_COUNT = """
update links set reveals = reveals + 1
where id = $1 and reveals < $2 and revoked_at is null and expires_at > now() returning reveals
"""

_REVOKE = """
update links set revoked_at = now(), revoked_reason = $2 where order_id = $1 and revoked_at is null returning id
"""

_VIEWED = """
insert into link_views (id, order_id, link_id, address, user_agent, outcome) values ($1, $2, $3, $4, $5, $6)
"""

_REVEALED_LATELY = """
select exists (
    select from link_views where id = $1 and link_id = $2 and outcome = 'revealed' and at > now() - $3::interval
)
"""

_VIEWS = """
select count(*) as count, min(at) as first_at, max(at) as last_at
from link_views where order_id = $1 and outcome = 'revealed'
"""

_FORGET_READERS = """
update link_views set address = null, user_agent = null
where id in (
    select id from link_views
    where at < now() - $1::interval and (address is not null or user_agent is not null) limit $2
)
"""

_FORGET_READERS_OF = "update link_views set address = null, user_agent = null where order_id = $1"


@dataclass(frozen=True, slots=True)
class Link:
    """One link. It works until `expires_at` unless revoked; `reveals` is how often it was used."""

    id: UUID
    order_id: UUID
    expires_at: datetime
    revoked_at: datetime | None
    reveals: int


@dataclass(frozen=True, slots=True)
class Views:
    """How often an order's codes were revealed, through any of its links."""

    count: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asked: as the connection and the browser say."""

    address: str | None
    user_agent: str | None


async def insert_link(connection: Connection, order_id: UUID, purpose: str, ttl: timedelta) -> tuple[UUID, datetime]:
    """A new link's id and end."""
    link_id = new_id()
    expires_at: datetime = await connection.fetchval(_INSERT, link_id, order_id, purpose, ttl)
    return link_id, expires_at


async def prolong(connection: Connection, link_id: UUID, ttl: timedelta) -> datetime | None:
    """The link's new end; None when it was revoked."""
    found: datetime | None = await connection.fetchval(_PROLONG, link_id, ttl)
    return found


async def find_link(connection: Connection, link_id: UUID) -> Link | None:
    """The link, whatever its state."""
    record = await connection.fetchrow(_FIND, link_id)
    return Link(**record) if record else None


async def count_reveal(connection: Connection, link_id: UUID, reveals_max: int) -> int | None:
    """How many reveals there are with this one; None when the link may not: limit, revoked, expired."""
    found: int | None = await connection.fetchval(_COUNT, link_id, reveals_max)
    return found


async def revoke_links(connection: Connection, order_id: UUID, reason: str) -> int:
    """How many links of the order stopped working by this call."""
    return len(await connection.fetch(_REVOKE, order_id, reason))


async def insert_view(connection: Connection, link: Link, reader: Reader, outcome: str) -> UUID:
    """Keeps who asked and what came of it: revealed, or the state that the link was in. The row's id."""
    view_id = new_id()
    await connection.execute(_VIEWED, view_id, link.order_id, link.id, reader.address, reader.user_agent, outcome)
    return view_id


async def revealed_lately(connection: Connection, link_id: UUID, view_id: UUID, within: timedelta) -> bool:
    """Whether that view was a reveal by this link, no longer than `within` ago."""
    found: bool = await connection.fetchval(_REVEALED_LATELY, view_id, link_id, within)
    return found


async def views(connection: Connection, order_id: UUID) -> Views:
    """The order's reveals so far."""
    record = await connection.fetchrow(_VIEWS, order_id)
    assert record is not None, "an aggregate always answers"
    return Views(**record)


async def forget_readers(connection: Connection, *, older_than: timedelta, limit: int = 1000) -> int:
    """Blanks addresses and user agents of old views. Returns how many rows were."""
    status = await connection.execute(_FORGET_READERS, older_than, limit)
    return int(status.rsplit(" ", 1)[1])


async def forget_readers_of(connection: Connection, order_id: UUID) -> None:
    """Blanks all addresses and user agents of one order."""
    await connection.execute(_FORGET_READERS_OF, order_id)
