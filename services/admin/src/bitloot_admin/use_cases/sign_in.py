"""Opens a session for somebody who knows their password."""

from datetime import UTC, datetime
from uuid import UUID

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
    """Returns the session's token. Counts a failure and locks the account at the last one allowed.

    Raises SignInRefused. The password is verified outside of any transaction: it takes 50 ms on purpose.
    """
    async with pool.acquire() as connection, connection.transaction():
        person = await access.find_by_email(connection, email)
    right = await passwords.verify(person["password_hash"] if person else None, password)
    if person is None or person["disabled_at"] is not None:
        raise SignInRefused
    async with pool.acquire() as connection, connection.transaction():
        person = await access.find_by_email(connection, email)
        if person is None:
            raise SignInRefused
        locked = person["locked_until"] is not None and person["locked_until"] > datetime.now(UTC)
        if right and not locked:
            detail = {"address": address}
            return await admit(connection, settings, person["id"], person["email"], detail=detail, agent=agent)
        if not locked:
            now_locked = await access.note_failure(
                connection,
                person["id"],
                failures_max=settings.sign_in_failures_max,
                lock_minutes=settings.sign_in_lock_minutes,
            )
            action = "account.locked" if now_locked else "session.refused"
            await audit.write(connection, person["email"], action, detail={"address": address})
    raise SignInRefused


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
    await access.note_sign_in(connection, person_id)
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
