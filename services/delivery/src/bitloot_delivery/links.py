"""The token of a mailed link: a short JWS (HS256) that names a row of `links` and says until when.

It proves that we made the link; what the link may still do is the row's to say, so a link can be revoked.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Final
from uuid import UUID

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from bitloot_delivery.named_keys import NamedKeys

LENGTH_MAX: Final = 512


class NotOurs(Exception):
    """The token was not made by us, was altered, or its secret has been retired."""


@dataclass(frozen=True, slots=True)
class LinkToken:
    """What a genuine token says. Its time may have passed: see `expired`."""

    link_id: UUID
    expires_at: datetime

    def expired(self, now: datetime) -> bool:
        """Whether `now` (aware) is past its time."""
        return now >= self.expires_at


class LinkSigner:
    """The secrets of LINK_SECRETS: the first signs, all verify."""

    def __init__(self, secrets: NamedKeys) -> None:
        self._keys = {kid: OctKey.import_key(value) for kid, value in secrets.by_kid.items()}
        self._current = secrets.current

    def sign(self, link_id: UUID, expires_at: datetime) -> str:
        """The token for a link; the same arguments give the same token while the first secret stays."""
        return self._signed(self._current, link_id, expires_at)

    def read(self, token: str) -> LinkToken:
        """What `token` says, expired or not. Raises NotOurs."""
        if len(token) > LENGTH_MAX:
            raise NotOurs
        try:
            found = jws.extract_compact(token.encode("ascii"))
            kid = found.headers()["kid"]
            claims = orjson.loads(found.payload)
            said = LinkToken(_long(claims["jti"]), datetime.fromtimestamp(claims["exp"], UTC))
            genuine = self._signed(kid, said.link_id, said.expires_at)
        except (JoseError, ValueError, KeyError, TypeError, OverflowError, OSError):
            raise NotOurs from None
        # compared as text: base64 has several spellings of one signature, and only ours is ours
        if not compare_digest(genuine, token):
            raise NotOurs
        return said

    def _signed(self, kid: str, link_id: UUID, expires_at: datetime) -> str:
        claims = {"jti": _short(link_id), "exp": int(expires_at.timestamp())}
        return jws.serialize_compact({"alg": "HS256", "kid": kid}, orjson.dumps(claims), self._keys[kid])


def _short(link_id: UUID) -> str:
    return base64.urlsafe_b64encode(link_id.bytes).rstrip(b"=").decode()


def _long(text: str) -> UUID:
    try:
        return UUID(bytes=base64.urlsafe_b64decode(text + "=="))
    except (binascii.Error, TypeError) as error:
        raise ValueError(str(error)) from None
