"""The key ring wraps each object's data key, so that rotation touches rows and no object.

A wrapped key is a compact JWE (A256KW, A256GCM) of the data key as a JWK (RFC 7517, section 7). The JWK's
`kid` names the order and part: a wrapped key that was moved to another row opens nothing there.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from bitloot_delivery.errors import KeyUnknown, SealedObjectBroken
from bitloot_delivery.named_keys import NamedKeys
from bitloot_delivery.secret import DataKey

_ALGORITHMS: Final = ["A256KW", "A256GCM"]


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it stands in a row: openable only with the ring's key `kid`."""

    text: str
    kid: str


class KeyRing:
    """The keys of KEY_RING."""

    def __init__(self, keys: NamedKeys) -> None:
        self._keys = {kid: OctKey.import_key(value) for kid, value in keys.by_kid.items()}
        self.current = keys.current

    def wrap(self, key: DataKey, order_id: UUID, part: int) -> WrappedKey:
        """`key` under the current key, bound to its order and part."""
        header = {"alg": "A256KW", "enc": "A256GCM", "kid": self.current, "cty": "jwk+json"}
        jwk = OctKey.import_key(key.reveal(), {"kid": _name(order_id, part)}).as_dict(private=True)
        text = jwe.encrypt_compact(header, orjson.dumps(jwk), self._keys[self.current], algorithms=_ALGORITHMS)
        return WrappedKey(text, self.current)

    def unwrap(self, wrapped: WrappedKey, order_id: UUID, part: int) -> DataKey:
        """The data key.

        Raises KeyUnknown when the ring lacks `kid`, SealedObjectBroken when the text was altered or belongs to
        another order or part.
        """
        key = self._keys.get(wrapped.kid)
        if key is None:
            raise KeyUnknown(wrapped.kid)
        name = _name(order_id, part)
        try:
            plain = jwe.decrypt_compact(wrapped.text, key, algorithms=_ALGORITHMS).plaintext
            jwk = OctKey.import_key(orjson.loads(plain or b""))
        except (JoseError, ValueError):
            raise SealedObjectBroken(name, "its wrapped key does not open") from None
        if jwk.kid != name:
            raise SealedObjectBroken(name, "its wrapped key belongs elsewhere")
        return DataKey(jwk.raw_value)


def _name(order_id: UUID, part: int) -> str:
    return f"orders/{order_id}/{part}"
