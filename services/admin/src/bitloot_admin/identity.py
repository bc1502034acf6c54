"""Who is calling."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bitloot_common.problem import Forbidden

from bitloot_admin.rights import RIGHTS, Right, Role

BOOTSTRAP: Final = "bootstrap"  # ADMIN_TOKEN's name; no issued token may have it


@dataclass(frozen=True, slots=True)
class Identity:
    """A person in a session, or a token. `actor` is how the audit log names them."""

    actor: str
    role: Role
    rights: frozenset[Right]
    person_id: UUID | None = None
    name: str = ""
    csrf: str | None = None
    """What a session's unsafe requests must carry; None for bearer tokens, which no browser sends by itself."""

    def may(self, right: Right) -> bool:
        return right in self.rights

    def must_hold(self, rights: Collection[Right], who_would: str) -> None:
        """Nobody hands out what they do not hold themselves. Raises Forbidden."""
        if beyond := set(rights) - self.rights:
            raise Forbidden(f"You do not hold yourself what {who_would} would: {', '.join(sorted(beyond))}.")


def token_identity(name: str, role: Role, scopes: list[str] | None) -> Identity:
    """The identity of an API token: its role's rights, or those of them that it is scoped to."""
    rights = RIGHTS[role]
    if scopes is not None:
        rights &= {Right(scope) for scope in scopes}
    return Identity(actor=f"token:{name}", role=role, rights=rights, name=name)
