"""People, sessions and API tokens as admins see them."""

from datetime import datetime
from uuid import UUID

from pydantic import EmailStr, Field, SecretStr

from bitloot_admin.models.model import Model
from bitloot_admin.rights import Right, Role


class Person(Model):
    """Somebody who may sign in."""

    id: UUID
    email: str
    name: str
    role: Role
    has_password: bool
    disabled_at: datetime | None
    locked_until: datetime | None
    last_sign_in_at: datetime | None
    created_at: datetime


class NewPerson(Model):
    """A person to add. Without a password they cannot sign in until an admin sets one."""

    email: EmailStr = Field(max_length=200)
    name: str = Field(min_length=1, max_length=100)
    role: Role = Role.VIEWER
    password: SecretStr | None = None
    reason: str = Field("", max_length=500)


class PersonChange(Model):
    """What is absent stays as it is. A new password, role or disabling ends the person's sessions; disabling, or a
    role that manages nobody, also revokes the tokens that they issued."""

    role: Role | None = None
    disabled: bool | None = None
    password: SecretStr | None = None
    reason: str = Field("", max_length=500)


class Credentials(Model):
    """What is typed into the sign-in form."""

    email: str = Field(max_length=200)
    password: SecretStr = Field(max_length=500)


class SessionInfo(Model):
    """Who you are and what you may do. Unsafe requests of a session carry `csrfToken` as `x-csrf-token`."""

    actor: str
    name: str
    role: Role
    rights: list[Right]
    csrf_token: str | None = None


class NewToken(Model):
    """An API token to issue, with no right that its issuer lacks, under a name that no token had before.
    `scopes` narrows its role's rights; absent, it has all of them."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9 ._@-]+$")
    role: Role = Role.VIEWER
    scopes: list[Right] | None = None
    days: int = Field(90, ge=1, le=366)
    reason: str = Field("", max_length=500)


class ApiToken(Model):
    """An API token, without its secret."""

    id: UUID
    name: str
    role: Role
    scopes: list[Right] | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


class IssuedToken(ApiToken):
    """The only time that the token itself is shown."""

    token: str
