"""Passwords: argon2id, at most two at a time, so that a flood of sign-ins cannot take the machine's memory."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from bitloot_common.problem import Unprocessable

LENGTH_MIN = 12
LENGTH_MAX = 200
_AT_ONCE = asyncio.Semaphore(2)
_HASHER = PasswordHasher()  # argon2id, 64 MiB, three passes: RFC 9106's second recommendation
# verified when there is no such person, so that the answer takes as long
_NOBODY = _HASHER.hash("nobody's password")


class WeakPassword(Unprocessable):
    """The password is too short, or the e-mail itself."""


async def hash_password(password: str, *, email: str) -> str:
    """Raises WeakPassword."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise WeakPassword(f"A password has {LENGTH_MIN} to {LENGTH_MAX} characters.")
    if password.lower() == email.lower():
        raise WeakPassword("The password is the e-mail.")
    async with _AT_ONCE:
        return await asyncio.to_thread(_HASHER.hash, password)


async def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password is right. Takes as long when there is none to compare with."""
    async with _AT_ONCE:
        right = await asyncio.to_thread(_verify, password_hash or _NOBODY, password[:LENGTH_MAX])
    return right and password_hash is not None


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
