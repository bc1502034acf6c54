"""Adds somebody who may sign in."""

from bitloot_admin import audit, passwords
from bitloot_admin.identity import Identity
from bitloot_admin.models.people import NewPerson, Person
from bitloot_admin.rights import RIGHTS, Role
from bitloot_admin.store import access
from bitloot_common.db import Connection
from bitloot_common.ids import new_id
from bitloot_common.problem import Conflict


class PersonExists(Conflict):
    """Somebody has this e-mail."""

    def __init__(self, email: str) -> None:
        super().__init__(f"There is already somebody with the e-mail {email}.")


async def add_person(connection: Connection, new: NewPerson, *, by: Identity) -> Person:
    """Adds the person and the audit row. Raises Forbidden, PersonExists or WeakPassword."""
    by.must_hold(RIGHTS[Role.ADMIN], "a person")  # whoever makes people can make one who may do everything
    password = new.password.get_secret_value() if new.password else None
    hashed = await passwords.hash_password(password, email=new.email) if password else None
    person_id = new_id()
    async with connection.transaction():
        if not await access.insert_person(
            connection, person_id, email=new.email, name=new.name, role=new.role, password_hash=hashed
        ):
            raise PersonExists(new.email)
        detail = {"role": new.role, "password": "set" if hashed else "none"}
        await audit.write(connection, by.actor, "person.added", f"person:{new.email}", reason=new.reason, detail=detail)
        row = await access.find_person(connection, person_id)
    assert row is not None, "inserted above"
    return Person.model_validate(dict(row))
