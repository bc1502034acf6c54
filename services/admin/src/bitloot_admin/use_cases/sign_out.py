"""Ends a session."""

from bitloot_admin import audit, tokens
from bitloot_admin.store import access
from bitloot_common.db import Pool


async def sign_out(pool: Pool, token: str, *, actor: str) -> None:
    """The cookie's token opens nothing from here on."""
    async with pool.acquire() as connection, connection.transaction():
        await access.delete_session(connection, tokens.digest(token))
        await audit.write(connection, actor, "session.closed")
