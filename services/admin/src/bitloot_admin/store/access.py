"""Reads and writes people, sessions and API tokens. Secrets are here as hashes only."""

from datetime import datetime
from uuid import UUID

import asyncpg
from bitloot_common.db import Connection

# A session lives until it has idled too long or has reached its end; looking at it moves `seen_at` once a minute,
# so that reading a page is not a write.
_SESSION = """
select s.person_id, s.seen_at, p.email, p.name, p.role from sessions s join people p on p.id = s.person_id
where s.token_hash = $1 and s.expires_at > now() and s.seen_at > now() - make_interval(mins => $2)
  and p.disabled_at is null
"""


_OF_TOKEN = "id, name, role, scopes, created_by, created_at, expires_at, revoked_at, used_at"  # noqa: S105  (columns)
_OF_PERSON = """
id, email, name, role, disabled_at, last_sign_in_at, created_at, password_hash is not null as has_password,
(select max(f.locked_until) from sign_in_failures f where f.person_id = people.id) as locked_until
"""
# A token dies with whoever issued it, and so do those that it issued in turn.
_REVOKE_OF = """
with recursive issued as (
    select id, name from api_tokens where created_by = $1
    union select t.id, t.name from api_tokens t join issued i on t.created_by = 'token:' || i.name
)
update api_tokens set revoked_at = now() where id in (select id from issued) and revoked_at is null returning name
"""


async def find_session(connection: Connection, token_hash: bytes, *, idle_minutes: int) -> asyncpg.Record | None:
    """The living session's person."""
    return await connection.fetchrow(_SESSION, token_hash, idle_minutes)


async def touch_session(connection: Connection, token_hash: bytes) -> None:
    """Notes that the session was used, at most once a minute."""
    await connection.execute(
        "update sessions set seen_at = now() where token_hash = $1 and seen_at < now() - interval '1 minute'",
        token_hash,
    )


async def insert_session(
    connection: Connection, token_hash: bytes, person_id: UUID, *, hours: int, address: str | None, agent: str | None
) -> None:
    """Opens a session that ends after `hours` whatever happens."""
    await connection.execute(
        "insert into sessions (token_hash, person_id, expires_at, address, user_agent) "
        "values ($1, $2, now() + make_interval(hours => $3), $4, left($5, 300))",
        token_hash,
        person_id,
        hours,
        address,
        agent,
    )


async def delete_session(connection: Connection, token_hash: bytes) -> None:
    """Ends the session."""
    await connection.execute("delete from sessions where token_hash = $1", token_hash)


async def delete_sessions_of(connection: Connection, person_id: UUID) -> None:
    """Ends all sessions of a person."""
    await connection.execute("delete from sessions where person_id = $1", person_id)


async def prune_sessions(connection: Connection) -> None:
    """Forgets sessions that have ended."""
    await connection.execute("delete from sessions where expires_at < now() - interval '1 day'")


async def find_token(connection: Connection, token_hash: bytes) -> asyncpg.Record | None:
    """The living API token of this hash."""
    return await connection.fetchrow(
        "select id, name, role, scopes, used_at from api_tokens "
        "where token_hash = $1 and revoked_at is null and expires_at > now()",
        token_hash,
    )


async def touch_token(connection: Connection, token_id: UUID) -> None:
    """Notes that the token was used, at most once a minute."""
    await connection.execute(
        "update api_tokens set used_at = now() "
        "where id = $1 and (used_at is null or used_at < now() - interval '1 minute')",
        token_id,
    )


async def insert_token(
    connection: Connection,
    token_id: UUID,
    token_hash: bytes,
    *,
    name: str,
    role: str,
    scopes: list[str] | None,
    created_by: str,
    expires_at: datetime,
) -> asyncpg.Record | None:
    """Adds an API token; None when one has or had its name, by which the audit log knows it."""
    return await connection.fetchrow(
        "insert into api_tokens (id, token_hash, name, role, scopes, created_by, expires_at) "  # noqa: S608
        f"values ($1, $2, $3, $4, $5, $6, $7) on conflict ((lower(name))) do nothing returning {_OF_TOKEN}",
        token_id,
        token_hash,
        name,
        role,
        scopes,
        created_by,
        expires_at,
    )


async def list_tokens(connection: Connection) -> list[asyncpg.Record]:
    """All API tokens, newest first, at most 500."""
    return await connection.fetch(f"select {_OF_TOKEN} from api_tokens order by id desc limit 500")  # noqa: S608


async def revoke_token(connection: Connection, token_id: UUID) -> str | None:
    """Ends a token. Returns its name; None when there is none or it has ended."""
    name: str | None = await connection.fetchval(
        "update api_tokens set revoked_at = now() where id = $1 and revoked_at is null returning name", token_id
    )
    return name


async def revoke_tokens_of(connection: Connection, actor: str) -> list[str]:
    """Ends the tokens that `actor` issued, and those that these issued. Returns their names."""
    return [row["name"] for row in await connection.fetch(_REVOKE_OF, actor)]


async def list_people(connection: Connection) -> list[asyncpg.Record]:
    """Everybody, by e-mail, at most 1,000."""
    return await connection.fetch(f"select {_OF_PERSON} from people order by lower(email) limit 1000")  # noqa: S608


async def find_person(connection: Connection, person_id: UUID) -> asyncpg.Record | None:
    """One person."""
    return await connection.fetchrow(f"select {_OF_PERSON} from people where id = $1", person_id)  # noqa: S608


async def find_by_email(connection: Connection, email: str) -> asyncpg.Record | None:
    """The person with this e-mail, with the password's hash; locked for the caller's transaction."""
    return await connection.fetchrow(
        "select id, email, name, role, password_hash, oidc_subject, disabled_at "
        "from people where lower(email) = lower($1) for update",
        email,
    )


async def find_by_subject(connection: Connection, subject: str) -> asyncpg.Record | None:
    """The person whom the OpenID provider calls so."""
    return await connection.fetchrow("select id, email, disabled_at from people where oidc_subject = $1", subject)


async def set_subject(connection: Connection, person_id: UUID, subject: str) -> None:
    """Links a person to the provider's name for them."""
    await connection.execute("update people set oidc_subject = $2 where id = $1", person_id, subject)


async def insert_person(
    connection: Connection, person_id: UUID, *, email: str, name: str, role: str, password_hash: str | None
) -> bool:
    """Adds a person. Returns False when the e-mail is taken."""
    return bool(
        await connection.fetchval(
            "insert into people (id, email, name, role, password_hash) values ($1, $2, $3, $4, $5) "
            "on conflict ((lower(email))) do nothing returning true",
            person_id,
            email,
            name,
            role,
            password_hash,
        )
    )


async def update_person(connection: Connection, person_id: UUID, *, role: str, disabled: bool) -> None:
    """Sets the role, and whether the person may sign in."""
    await connection.execute(
        "update people set role = $2, disabled_at = case when $3 then coalesce(disabled_at, now()) end where id = $1",
        person_id,
        role,
        disabled,
    )


async def set_password(connection: Connection, person_id: UUID, password_hash: str) -> None:
    """Replaces the password and lifts a lock."""
    await connection.execute("update people set password_hash = $2 where id = $1", person_id, password_hash)
    await connection.execute("delete from sign_in_failures where person_id = $1", person_id)


async def note_sign_in(connection: Connection, person_id: UUID, address: str | None) -> None:
    """Notes a success: the failures before it from this address are forgotten."""
    await connection.execute("update people set last_sign_in_at = now() where id = $1", person_id)
    await connection.execute(
        "delete from sign_in_failures where person_id = $1 and address = $2", person_id, address or ""
    )


async def is_locked(connection: Connection, person_id: UUID, address: str | None) -> bool:
    """Whether too many have failed from this address as this person."""
    return bool(
        await connection.fetchval(
            "select locked_until > now() from sign_in_failures where person_id = $1 and address = $2",
            person_id,
            address or "",
        )
    )


async def note_failure(
    connection: Connection, person_id: UUID, address: str | None, *, failures_max: int, lock_minutes: int
) -> bool:
    """Counts a failure from this address; the last one that is allowed locks the account for it. Returns whether
    it is locked now. Failures older than a lock is long are forgotten."""
    await connection.execute("delete from sign_in_failures where at < now() - make_interval(mins => $1)", lock_minutes)
    return bool(
        await connection.fetchval(
            "insert into sign_in_failures as f (person_id, address, failures, locked_until) "
            "values ($1, $2, 1, case when 1 >= $3 then now() + make_interval(mins => $4) end) "
            "on conflict (person_id, address) do update set at = now(), "
            "failures = case when f.failures + 1 >= $3 then 0 else f.failures + 1 end, "
            "locked_until = case when f.failures + 1 >= $3 then now() + make_interval(mins => $4) end "
            "returning locked_until is not null",
            person_id,
            address or "",
            failures_max,
            lock_minutes,
        )
    )


async def count_admins(connection: Connection) -> int:
    """How many admins can sign in; their rows are locked, so that two cannot remove each other at once."""
    rows = await connection.fetch(
        "select id from people where role = 'admin' and disabled_at is null order by id for update"
    )
    return len(rows)
