"""Opens a session for somebody who knows their password."""

from uuid import UUID

import asyncpg
from bitloot_admin import audit, passwords, tokens
from bitloot_admin.settings import Settings
from bitloot_admin.store import access
from bitloot_common.db import Connection, Pool
from bitloot_common.problem import Unauthorized


class SignInRefused(Unauthorized):
    """One sentence for every reason, so that it does not tell whether the person exists."""

    def __init__(self) -> None:
        super().__init__("The e-mail or the password is wrong, or too many attempts have locked the account.")


async def sign_in(
    pool: Pool, settings: Settings, email: str, password: str, *, address: str | None, agent: str | None
) -> str:
    """Returns the session's token. Counts a failure, and at the last one allowed locks the account for the address
    that it came from: who guesses elsewhere keeps nobody out.

    Raises SignInRefused. The password is verified outside of any transaction: it takes 50 ms on purpose.
    """
    async with pool.acquire() as connection:
        person = await access.find_by_email(connection, email)
    right = await passwords.verify(person["password_hash"] if person else None, password)
    async with pool.acquire() as connection, connection.transaction():
        person = await access.find_by_email(connection, email)
        why = await _refusal(connection, settings, person, address, right=right)
        if why is None:
            assert person is not None, "nobody is a reason to refuse"
            detail = {"address": address}
            return await admit(connection, settings, person["id"], person["email"], detail=detail, agent=agent)
        # nobody's e-mail is what somebody typed: it is told apart from an actor's
        actor = person["email"] if person else f"unknown:{email.replace(chr(0), '')}"
        action = "account.locked" if why == "now locked" else "session.refused"
        await audit.write(connection, actor, action, detail={"address": address, "why": why})
    raise SignInRefused


async def _refusal(
    connection: Connection, settings: Settings, person: asyncpg.Record | None, address: str | None, *, right: bool
) -> str | None:
    """Why they do not get in, for the audit log; None when they do. Counts a wrong password."""
    if person is None:
        return "unknown"
    if person["disabled_at"] is not None:
        return "disabled"
    if await access.is_locked(connection, person["id"], address):
        return "locked"
    if right:
        return None
    now_locked = await access.note_failure(
        connection,
        person["id"],
        address,
        failures_max=settings.sign_in_failures_max,
        lock_minutes=settings.sign_in_lock_minutes,
    )
    return "now locked" if now_locked else "wrong password"


async def admit(
    connection: Connection,
    settings: Settings,
    person_id: UUID,
    email: str,
    *,
    detail: dict[str, str | None],
    agent: str | None,
) -> str:
    """Opens a session for somebody who has proved who they are, and audits it. Returns the session's token."""
    token = tokens.new_token()
    await access.note_sign_in(connection, person_id, detail.get("address"))
    await access.insert_session(
        connection,
        tokens.digest(token),
        person_id,
        hours=settings.session_hours_max,
        address=detail.get("address"),
        agent=agent,
    )
    await access.prune_sessions(connection)
    await audit.write(connection, email, "session.opened", detail=detail)
    return token
