"""`kid:base64url` lists, as KEY_RING and LINK_SECRETS are written: the first is current, all are accepted."""

import base64
import binascii
import re
from dataclasses import dataclass, field

KEY_BYTES = 32
_KID = re.compile(r"[A-Za-z0-9_.-]{1,32}")


@dataclass(frozen=True, slots=True)
class NamedKeys:
    """256-bit keys by their kid, in the order in which they were written."""

    by_kid: dict[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "NamedKeys":
        """Reads `kid:base64url32[,kid:base64url32…]`.

        Raises ValueError that names the position and what is wrong, never the value.
        """
        found: dict[str, bytes] = {}
        for number, entry in enumerate(text.split(","), start=1):
            kid, separator, encoded = entry.strip().partition(":")
            if not separator or not _KID.fullmatch(kid):
                raise ValueError(f"entry {number} is not kid:key, with a kid of letters, digits, '_', '.', '-'")
            if kid in found:
                raise ValueError(f"entry {number} repeats a kid")
            found[kid] = _decode(encoded, number)
        if len(set(found.values())) != len(found):
            raise ValueError("two entries have the same key")
        return cls(found)

    @property
    def current(self) -> str:
        """The kid of the first one: it seals and signs what is new."""
        return next(iter(self.by_kid))


def _decode(encoded: str, number: int) -> bytes:
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"entry {number}'s key is not base64url") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"entry {number}'s key has {len(key) * 8} bits, not {KEY_BYTES * 8}")
    return key
