"""Opens a session for somebody whom the OpenID provider knows, if we know them too."""

import asyncpg
from bitloot_admin import audit
from bitloot_admin.clients.oidc import Claimed
from bitloot_admin.rights import Role
from bitloot_admin.settings import Settings
from bitloot_admin.store import access
from bitloot_admin.use_cases.sign_in import admit
from bitloot_common.db import Connection, Pool
from bitloot_common.ids import new_id
from bitloot_common.problem import Unauthorized


class NobodyHere(Unauthorized):
    """The provider knows the person; this service does not, or no longer."""

    def __init__(self) -> None:
        super().__init__("You are known to the provider, but nobody has given you access here. Ask an admin.")


async def sign_in_by_provider(
    pool: Pool, settings: Settings, claimed: Claimed, *, address: str | None, agent: str | None
) -> str:
    """Returns the session's token. Raises NobodyHere, having audited it.

    A person is known by the provider's subject; the first time by a verified e-mail, which links the two. With
    OIDC_DEFAULT_ROLE somebody unknown is added with that role.
    """
    async with pool.acquire() as connection, connection.transaction():
        person = await access.find_by_subject(connection, claimed.subject) or await _link(connection, claimed)
        if person is None and settings.oidc_default_role is not None:
            person = await _add(connection, claimed, settings.oidc_default_role)
        if person is not None and person["disabled_at"] is None:
            detail = {"address": address, "by": "oidc"}
            return await admit(connection, settings, person["id"], person["email"], detail=detail, agent=agent)
        actor = claimed.email or claimed.subject
        await audit.write(connection, actor, "session.refused", detail={"address": address, "by": "oidc"})
    raise NobodyHere


async def _link(connection: Connection, claimed: Claimed) -> asyncpg.Record | None:
    """The person with the verified e-mail, theirs from now on; None when somebody else is linked to them."""
    if not (claimed.email and claimed.email_verified):
        return None
    person = await access.find_by_email(connection, claimed.email)
    if person is None or person["oidc_subject"] is not None or person["disabled_at"] is not None:
        return None
    await access.set_subject(connection, person["id"], claimed.subject)
    detail = {"subject": claimed.subject}
    await audit.write(connection, person["email"], "person.linked", f"person:{person['email']}", detail=detail)
    return person


async def _add(connection: Connection, claimed: Claimed, role: Role) -> asyncpg.Record | None:
    """A new person; None without a verified e-mail, or when it is somebody's already."""
    if not (claimed.email and claimed.email_verified):
        return None
    person_id, name = new_id(), claimed.name[:100] or claimed.email.partition("@")[0]
    if not await access.insert_person(
        connection, person_id, email=claimed.email, name=name, role=role, password_hash=None
    ):
        return None
    await access.set_subject(connection, person_id, claimed.subject)
    detail = {"role": role, "subject": claimed.subject}
    await audit.write(connection, claimed.email, "person.added", f"person:{claimed.email}", detail=detail)
    return await access.find_by_subject(connection, claimed.subject)
