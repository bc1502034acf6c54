"""One sold code: a value that shows itself only when asked by name.

Promise 3 of the design: a code never exists in plaintext in Kafka, PostgreSQL, logs, metrics, traces, mails
or error messages. So this type has no way out but `reveal`.
"""

from hmac import compare_digest
from typing import Final, NoReturn

TEXT: Final = "text/plain"


class Code:
    """A code as Kinguin sold it. `type` is `text/plain`, or `image/png|jpeg|gif`: then it is base64 of the picture.

    `repr` tells the type only, so that a traceback with local variables or a log line stays clean; whatever
    would copy the value somewhere by accident (str, f-string, pickle, copy, JSON) raises TypeError.
    """

    __slots__ = ("__value", "name", "offer_id", "product_id", "serial_id", "type")

    def __init__(
        self,
        value: str,
        *,
        type: str = TEXT,  # noqa: A002  (the provider's own name)
        name: str = "",
        product_id: str | None = None,
        offer_id: str | None = None,
        serial_id: str | None = None,
    ) -> None:
        self.__value = value
        self.type = type
        self.name = name
        self.product_id = product_id
        self.offer_id = offer_id
        self.serial_id = serial_id
        """Kinguin's id of this key where it has one (ESA); not secret."""

    def reveal(self) -> str:
        """The code itself. Call it only where it is sealed or shown to its buyer."""
        return self.__value

    def __repr__(self) -> str:
        return f"<Code {self.type}, hidden>"

    def __str__(self) -> NoReturn:
        raise TypeError("a code is not text: call reveal() where it is sealed")

    def __format__(self, _: str) -> NoReturn:
        raise TypeError("a code is not text: call reveal() where it is sealed")

    def __reduce_ex__(self, _: object) -> NoReturn:
        raise TypeError("a code can be neither pickled nor copied")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Code) and compare_digest(self.__value.encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash(self.__value)
