"""A data key: 256 bits that show themselves only when asked by name."""

import secrets
from typing import NoReturn

from joserfc.jwk import OctKey


class DataKey:
    """Opens one sealed object. Like `Code`, it refuses str, format, pickle and copy; `repr` says nothing."""

    __slots__ = ("__value",)

    def __init__(self, value: bytes) -> None:
        if len(value) != 32:
            raise ValueError("a data key has 256 bits")
        self.__value = value

    @classmethod
    def random(cls) -> "DataKey":
        """A fresh one, from the system's randomness."""
        return cls(secrets.token_bytes(32))

    def reveal(self) -> bytes:
        """The key itself. Call it only where it is wrapped, used or handed to the buyer."""
        return self.__value

    def as_jwk(self) -> OctKey:
        """The key as joserfc takes it; lives no longer than one call."""
        return OctKey.import_key(self.__value)

    def __repr__(self) -> str:
        return "<DataKey, hidden>"

    def __str__(self) -> NoReturn:
        raise TypeError("a data key is not text")

    def __format__(self, _: str) -> NoReturn:
        raise TypeError("a data key is not text")

    def __reduce_ex__(self, _: object) -> NoReturn:
        raise TypeError("a data key can be neither pickled nor copied")
