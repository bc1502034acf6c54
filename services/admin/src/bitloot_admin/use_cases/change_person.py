"""Changes a person's role or password, or stops them from signing in."""

from uuid import UUID

from bitloot_admin import audit, passwords
from bitloot_admin.identity import Identity
from bitloot_admin.models.people import Person, PersonChange
from bitloot_admin.rights import RIGHTS, Right, Role
from bitloot_admin.store import access
from bitloot_common.db import Pool
from bitloot_common.problem import Conflict, NotFound


class LastAdmin(Conflict):
    """Nobody would be left to undo it."""

    def __init__(self) -> None:
        super().__init__("This is the last admin who can sign in; make another one first.")


async def change_person(pool: Pool, person_id: UUID, change: PersonChange, *, by: Identity) -> Person:
    """Applies the change and ends the person's sessions; disabled, or no admin any more, also the tokens that
    they issued. Raises Forbidden, NotFound, LastAdmin or WeakPassword."""
    by.must_hold(RIGHTS[Role.ADMIN], "a person")  # a role or a password hands out all that the role holds
    async with pool.acquire() as connection:
        found = await access.find_person(connection, person_id)
        if found is None:
            raise NotFound(f"There is no person {person_id}.")
        hashed = None
        if change.password:
            hashed = await passwords.hash_password(change.password.get_secret_value(), email=found["email"])
        async with connection.transaction():
            admins = await access.count_admins(connection)
            before = Person.model_validate(dict(await access.find_person(connection, person_id) or found))
            role = change.role or before.role
            disabled = before.disabled_at is not None if change.disabled is None else change.disabled
            was_admin = before.role is Role.ADMIN and before.disabled_at is None
            if was_admin and (role is not Role.ADMIN or disabled) and admins == 1:
                raise LastAdmin
            await access.update_person(connection, person_id, role=role, disabled=disabled)
            if hashed:
                await access.set_password(connection, person_id, hashed)
            await access.delete_sessions_of(connection, person_id)
            # what they handed out ends with their right to hand it out
            may_issue = Right.MANAGE in RIGHTS[role] and not disabled
            revoked = [] if may_issue else await access.revoke_tokens_of(connection, before.email)
            detail: dict[str, object] = {
                "role": role,
                "disabled": disabled,
                "password": "changed" if hashed else "unchanged",
            }
            detail |= {"tokensRevoked": revoked} if revoked else {}
            target = f"person:{before.email}"
            await audit.write(connection, by.actor, "person.changed", target, reason=change.reason, detail=detail)
            row = await access.find_person(connection, person_id)
    assert row is not None, "people are never deleted"
    return Person.model_validate(dict(row))
