"""Who may do what, as data: rights, and the roles that hold them."""

from enum import StrEnum


class Right(StrEnum):
    """What a route asks of its caller."""

    LOOK = "look"
    """See everything that the shop's people may see; payloads masked."""
    REVEAL = "reveal"
    """See a payload unmasked; audited."""
    ACT = "act"
    """Replay, retry, re-send, revoke, discard: what can be done again or undone."""
    EDIT = "edit"
    """Replay a changed message."""
    MANAGE = "manage"
    """People, their roles, API tokens."""


class Role(StrEnum):
    """What a person or a token is."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


_VIEWER = frozenset({Right.LOOK})
_OPERATOR = _VIEWER | {Right.REVEAL, Right.ACT, Right.EDIT}

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: _OPERATOR,
    Role.ADMIN: _OPERATOR | {Right.MANAGE},
}
