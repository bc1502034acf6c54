"""What a webhook provider is to ingress: where it knocks, how it proves itself, what its bodies mean."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Protocol

import orjson

from bitloot_ingress import javascript

Headers = Mapping[bytes, bytes]
"""An HTTP request's headers, names in lower case; of a repeated one the first."""


class Outcome(StrEnum):
    """What became of an authenticated webhook. Only accepted ones go to a topic; dropped ones are not kept."""

    ACCEPTED = "accepted"
    IGNORED = "ignored"
    INVALID = "invalid"
    DROPPED = "dropped"


@dataclass(slots=True)
class Reading:
    """A webhook as read by its provider's class.

    `external_id` with `event_type` is what makes it unique at the provider; `key` is the Kafka key and the
    event's subject; `body` is what is stored and published: the raw bytes, unless a code had to be redacted.
    """

    outcome: Outcome
    external_id: str
    event_type: str
    body: bytes
    key: str = ""
    order_id: str | None = None
    payment_id: str | None = None
    reservation_id: str | None = None
    reason: str | None = None


class Provider(Protocol):
    """One provider's dialect."""

    NAME: ClassVar[str]
    PATHS: ClassVar[tuple[str, ...]]
    SIGNATURE_HEADERS: ClassVar[tuple[bytes, ...]]
    """Where the proof stands; the provider is recognised by it where two share a path."""
    ANSWER: ClassVar[bytes]
    """The body of a 200."""
    EVENT_TYPE: ClassVar[str]
    TOPIC: ClassVar[str]

    def verify(self, signature: bytes, body: bytes, *, raw_only: bool) -> str | None:
        """Which secret proves `body` (`current`, `previous`), or None. `raw_only`: no second spelling is tried."""
        ...

    def read(self, headers: Headers, body: bytes) -> Reading:
        """What a verified body says. Never raises: what cannot be read is `INVALID`."""
        ...


class Secrets:
    """The secrets valid now. Empty ones are none: an unset secret proves nothing."""

    def __init__(self, current: str, previous: str) -> None:
        named = {"current": current, "previous": previous}
        self.by_id = [(name, secret.encode()) for name, secret in named.items() if secret]

    def equal_to(self, given: bytes) -> str | None:
        """Which secret `given` is, compared in constant time."""
        found = None
        for name, secret in self.by_id:
            if hmac.compare_digest(given, secret) and found is None:
                found = name
        return found


def load(body: bytes) -> Any:
    """What `body` is in JSON. orjson first; it refuses lone surrogates, which JSON allows. Raises NotJson."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return javascript.parse(body)


def load_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object that `body` is, or None."""
    try:
        value = load(body)
    except javascript.NotJson:
        return None
    return value if isinstance(value, dict) else None


def fingerprint(body: bytes) -> str:
    """Stands for the external id of a body without one."""
    return "sha256:" + hashlib.sha256(body).hexdigest()


def plain_id(value: object) -> str | None:
    """A provider's id: plain digits, as number or text (`5745459419.0` would have the same signature)."""
    if type(value) is int and value >= 0:
        return str(value)
    if isinstance(value, str) and len(value) <= 40 and value.isascii() and value.isdigit():
        return value
    return None


_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def order_id_of(reference: object) -> str | None:
    """The order id in a reference of ours (`<order id>` or `<order id>:<attempt>`), or None."""
    if not isinstance(reference, str) or not _UUID.match(reference):
        return None
    return reference[:36].lower() if len(reference) == 36 or reference[36] == ":" else None


def short_text(value: object, limit: int = 200) -> str | None:
    """`value` if it is text of a sane length and PostgreSQL can store it, or None."""
    if isinstance(value, str) and 0 < len(value) <= limit and "\x00" not in value:
        return value if value.isprintable() else None
    return None
