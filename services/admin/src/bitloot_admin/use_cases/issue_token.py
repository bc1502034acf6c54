"""Issues an API token, and revokes one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from bitloot_admin import audit, tokens
from bitloot_admin.identity import BOOTSTRAP, Identity
from bitloot_admin.models.people import IssuedToken, NewToken
from bitloot_admin.rights import RIGHTS
from bitloot_admin.store import access
from bitloot_common.db import Pool
from bitloot_common.ids import new_id
from bitloot_common.problem import Conflict, NotFound, Unprocessable


class NameTaken(Conflict):
    """The audit log knows tokens by their names: each has its own, for ever."""

    def __init__(self, name: str) -> None:
        super().__init__(f"A token is or was called {name}; take another name.")


async def issue_token(pool: Pool, new: NewToken, *, issuer: Identity) -> IssuedToken:
    """Returns the token, the only time that it is shown.

    Raises Unprocessable for a right that its role lacks, Forbidden for one that its issuer lacks, or NameTaken.
    """
    missing = set(new.scopes or []) - RIGHTS[new.role]
    if missing:
        raise Unprocessable(f"The role {new.role} does not hold: {', '.join(sorted(missing))}.")
    issuer.must_hold(RIGHTS[new.role] if new.scopes is None else new.scopes, "the token")
    if new.name.lower() == BOOTSTRAP:
        raise NameTaken(new.name)
    token = tokens.new_token(tokens.PREFIX)
    async with pool.acquire() as connection, connection.transaction():
        row = await access.insert_token(
            connection,
            new_id(),
            tokens.digest(token),
            name=new.name,
            role=new.role,
            scopes=None if new.scopes is None else [str(scope) for scope in new.scopes],
            created_by=issuer.actor,
            expires_at=datetime.now(UTC) + timedelta(days=new.days),
        )
        if row is None:
            raise NameTaken(new.name)
        detail = {"id": str(row["id"]), "role": new.role, "scopes": new.scopes, "days": new.days}
        target = f"token:{new.name}"
        await audit.write(connection, issuer.actor, "token.issued", target, reason=new.reason, detail=detail)
    return IssuedToken.model_validate(dict(row) | {"token": token})


async def revoke_token(pool: Pool, token_id: UUID, *, actor: str, reason: str = "") -> None:
    """The token opens nothing from here on, and no more do those that it issued. Raises NotFound."""
    async with pool.acquire() as connection, connection.transaction():
        name = await access.revoke_token(connection, token_id)
        if name is None:
            raise NotFound(f"There is no living token {token_id}.")
        revoked = await access.revoke_tokens_of(connection, f"token:{name}")
        detail: dict[str, object] = {"id": str(token_id)}
        detail |= {"tokensRevoked": revoked} if revoked else {}
        await audit.write(connection, actor, "token.revoked", f"token:{name}", reason=reason, detail=detail)
