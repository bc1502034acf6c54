"""`deliveries`: every mail that is due, being sent, sent or refused. The rows stay as the order's mail history."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
from bitloot_common.db import Connection
from bitloot_common.ids import new_id

LINK_PURPOSES: Final = frozenset({"keys", "resend", "fresh_link"})

_COLUMNS = "id, order_id, purpose, sequence, message_id, link_id, status, complete, attempts, claimed_until, created_at"

_INSERT = """
insert into deliveries (id, order_id, purpose, sequence, message_id, complete, requested_by)
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing
"""

# Two further mails of one order at once would take the same number: one after the other.
_LOCK = "select pg_advisory_xact_lock(hashtextextended('mails ' || $1::text, 0))"

_NEXT = "select coalesce(max(sequence), 0) + 1 from deliveries where order_id = $1 and purpose = $2"

_FIND = f"select {_COLUMNS} from deliveries where id = $1"  # noqa: S608  (our own columns)

_FIND_PART = f"select {_COLUMNS} from deliveries where order_id = $1 and purpose = $2 and sequence = $3"  # noqa: S608  (our own columns)

# What a provider told of a mail stays, although our own record of it comes later.
_TOLD = "status in ('bounced', 'complained')"

# A claim is a lease: whoever dies while sending loses it by time, not by anybody's guess.
_CLAIM = f"""
update deliveries set status = case when {_TOLD} then status else 'sending' end, attempts = attempts + 1,
                      claimed_until = now() + $2::interval
where id = $1 and mailed_at is null and status <> 'dropped' and (claimed_until is null or claimed_until < now())
returning {_COLUMNS}
"""  # noqa: S608

# Only by who holds it: a sender that lost its lease does not take it from the next one.
_RENEW = """
update deliveries set claimed_until = now() + $3::interval
where id = $1 and attempts = $2 and mailed_at is null and claimed_until is not null
"""

_LINK = "update deliveries set link_id = $2 where id = $1"

_MAILED = f"""
update deliveries set status = case when {_TOLD} then status else 'mailed' end, mailed_at = now(),
                      claimed_until = null, last_error = case when {_TOLD} then last_error end
where id = $1 and mailed_at is null returning true
"""  # noqa: S608

_FAILED = """
update deliveries set status = case when status = 'sending' then $3 else status end,
                      last_error = case when status = 'sending' then $4 else last_error end, claimed_until = null
where id = $1 and attempts = $2 and mailed_at is null
"""

_DROP = "update deliveries set status = 'dropped', last_error = $2, claimed_until = null where id = $1"

# The lease of one that is being sent stays: it tells that a mail may still go out.
_DROP_UNSENT = f"""
update deliveries set status = 'dropped', last_error = $3
where order_id = $1 and purpose = any($2) and mailed_at is null and status <> 'dropped' and not {_TOLD}
returning {_COLUMNS}
"""  # noqa: S608

_LEASE_LEFT = """
select extract(epoch from max(claimed_until) - now())::float from deliveries
where order_id = $1 and mailed_at is null and claimed_until > now()
"""

_OLDEST_PENDING = """
select coalesce(extract(epoch from now() - min(created_at)), 0)::float from deliveries where status = 'pending'
"""

_CAME_BACK = f"""
update deliveries set status = $2, last_error = $3 where id = $1 and not {_TOLD} returning order_id
"""  # noqa: S608

_MAILED_SINCE = """
select exists (
    select from deliveries later join deliveries bounced on bounced.order_id = later.order_id
    where bounced.id = $1 and later.id <> bounced.id and later.status = 'mailed'
      and later.mailed_at > coalesce(bounced.mailed_at, bounced.created_at)
)
"""

_FRESH = """
select count(*) filter (where created_at > now() - interval '1 hour') as in_last_hour, max(created_at) as last_at,
       now() as now
from deliveries where order_id = $1 and purpose = 'fresh_link'
"""


@dataclass(frozen=True, slots=True)
class MailRow:
    """One mail. `message_id` is the RFC 5322 Message-ID without angle brackets, the same on every attempt."""

    id: UUID
    order_id: UUID
    purpose: str
    sequence: int
    message_id: str
    link_id: UUID | None
    status: str
    complete: bool
    attempts: int
    claimed_until: datetime | None
    created_at: datetime


def _row(record: asyncpg.Record | None) -> MailRow | None:
    return MailRow(**record) if record else None


async def lock_mails(connection: Connection, order_id: UUID) -> None:
    """Holds back, until this transaction ends, others that number, claim, drop or erase the order's mails."""
    await connection.execute(_LOCK, str(order_id))


async def insert_part_mail_once(
    connection: Connection, order_id: UUID, part: int, *, domain: str, complete: bool
) -> None:
    """The mail that a stored part is due."""
    message_id = _message_id(order_id, "keys", part, domain)
    await connection.execute(_INSERT, new_id(), order_id, "keys", part, message_id, complete, None)


async def insert_mail(
    connection: Connection,
    order_id: UUID,
    purpose: str,
    *,
    domain: str,
    complete: bool,
    requested_by: str | None,
) -> UUID:
    """A further mail of the order, numbered within its purpose; its id. Call `lock_mails` before."""
    sequence = await connection.fetchval(_NEXT, order_id, purpose)
    message_id = _message_id(order_id, purpose, sequence, domain)
    mail_id = new_id()
    await connection.execute(_INSERT, mail_id, order_id, purpose, sequence, message_id, complete, requested_by)
    return mail_id


async def find_mail(connection: Connection, mail_id: UUID) -> MailRow | None:
    """The mail, whatever its state."""
    return _row(await connection.fetchrow(_FIND, mail_id))


async def find_part_mail(connection: Connection, order_id: UUID, part: int) -> MailRow | None:
    """The mail of a stored part."""
    return _row(await connection.fetchrow(_FIND_PART, order_id, "keys", part))


async def claim_mail(connection: Connection, mail_id: UUID, lease: timedelta) -> MailRow | None:
    """The mail, ours to send for as long as `lease`; None when it was sent or another's lease runs."""
    return _row(await connection.fetchrow(_CLAIM, mail_id, lease))


async def renew_lease(connection: Connection, mail: MailRow, lease: timedelta) -> None:
    """The claim holds for another `lease`, unless it was lost."""
    await connection.execute(_RENEW, mail.id, mail.attempts, lease)


async def lease_left_s(connection: Connection, order_id: UUID) -> float | None:
    """For how many seconds a mail of the order may still be under way; None when none is."""
    found: float | None = await connection.fetchval(_LEASE_LEFT, order_id)
    return found


async def set_link(connection: Connection, mail_id: UUID, link_id: UUID) -> None:
    """Remembers which link the mail carries."""
    await connection.execute(_LINK, mail_id, link_id)


async def mark_mailed(connection: Connection, mail_id: UUID) -> bool:
    """Whether this call recorded it; False when it was recorded before."""
    return bool(await connection.fetchval(_MAILED, mail_id))


async def mark_failed(connection: Connection, mail: MailRow, status: str, reason: str) -> None:
    """Gives the lease back. `status`: pending (will be tried again) or failed (refused), unless it was dropped."""
    await connection.execute(_FAILED, mail.id, mail.attempts, status, reason)


async def drop(connection: Connection, mail_id: UUID, reason: str) -> None:
    """The mail will never be sent."""
    await connection.execute(_DROP, mail_id, reason)


async def drop_unsent(connection: Connection, order_id: UUID, reason: str) -> list[MailRow]:
    """None of the order's link mails that is not recorded as sent is tried again. Call `lock_mails` before."""
    records = await connection.fetch(_DROP_UNSENT, order_id, list(LINK_PURPOSES), reason)
    return [MailRow(**record) for record in records]


async def oldest_pending_s(connection: Connection) -> float:
    """The age in seconds of the oldest mail that waits; 0 when none does."""
    found: float = await connection.fetchval(_OLDEST_PENDING)
    return found


async def mark_told(connection: Connection, mail_id: UUID, status: str, reason: str) -> UUID | None:
    """The mail bounced or its recipient `complained`. Its order; None when it is not ours or was told before."""
    found: UUID | None = await connection.fetchval(_CAME_BACK, mail_id, status, reason)
    return found


async def mailed_since(connection: Connection, mail_id: UUID) -> bool:
    """Whether a later mail of the same order was taken and has not come back."""
    return bool(await connection.fetchval(_MAILED_SINCE, mail_id))


async def fresh_links(connection: Connection, order_id: UUID) -> asyncpg.Record:
    """How many fresh links were asked for in the last hour, when last, and the database's now."""
    record = await connection.fetchrow(_FRESH, order_id)
    assert record is not None, "an aggregate always answers"
    return record


def _message_id(order_id: UUID, purpose: str, sequence: int, domain: str) -> str:
    return f"{order_id}.{purpose}.{sequence}@{domain}"
