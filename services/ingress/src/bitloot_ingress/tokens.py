"""The order's session token: what its customer shows to see the order (`x-order-session-token`)."""

import base64
import hashlib
import hmac
from uuid import UUID

_PURPOSE = b"bitloot order session v1:"


def session_token(secret: str, order_id: UUID) -> str:
    """Derived, not stored: a repeated request (same idempotency key) is answered with the same token."""
    digest = hmac.digest(secret.encode(), _PURPOSE + order_id.bytes, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def token_hash(token: str) -> bytes:
    """What is stored. A token has 256 random bits, so a plain hash suffices."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def is_token(given: str, stored_hash: bytes | None) -> bool:
    """Compares in constant time. Without a stored hash (no such order) it takes as long and says no."""
    matches = hmac.compare_digest(token_hash(given), stored_hash or bytes(32))
    return matches and stored_hash is not None
