"""Issues an API token, and revokes one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from bitloot_admin import audit, tokens
from bitloot_admin.models.people import IssuedToken, NewToken
from bitloot_admin.rights import RIGHTS
from bitloot_admin.store import access
from bitloot_common.db import Pool
from bitloot_common.ids import new_id
from bitloot_common.problem import NotFound, Unprocessable


async def issue_token(pool: Pool, new: NewToken, *, actor: str) -> IssuedToken:
    """Returns the token, the only time that it is shown. Raises Unprocessable for a right its role lacks."""
    missing = set(new.scopes or []) - RIGHTS[new.role]
    if missing:
        raise Unprocessable(f"The role {new.role} does not hold: {', '.join(sorted(missing))}.")
    token = tokens.new_token(tokens.PREFIX)
    async with pool.acquire() as connection, connection.transaction():
        row = await access.insert_token(
            connection,
            new_id(),
            tokens.digest(token),
            name=new.name,
            role=new.role,
            scopes=None if new.scopes is None else [str(scope) for scope in new.scopes],
            created_by=actor,
            expires_at=datetime.now(UTC) + timedelta(days=new.days),
        )
        detail = {"role": new.role, "scopes": new.scopes, "days": new.days}
        await audit.write(connection, actor, "token.issued", f"token:{new.name}", reason=new.reason, detail=detail)
    return IssuedToken.model_validate(dict(row) | {"token": token})


async def revoke_token(pool: Pool, token_id: UUID, *, actor: str) -> None:
    """The token opens nothing from here on. Raises NotFound."""
    async with pool.acquire() as connection, connection.transaction():
        name = await access.revoke_token(connection, token_id)
        if name is None:
            raise NotFound(f"There is no living token {token_id}.")
        await audit.write(connection, actor, "token.revoked", f"token:{name}")
