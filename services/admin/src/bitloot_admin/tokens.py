"""Random tokens: sessions, API tokens and what proves that a form is ours."""

import hashlib
import hmac
import secrets

TOKEN_BYTES = 32
PREFIX = "bla_"  # lets secret scanners and people recognise an API token of ours


def new_token(prefix: str = "") -> str:
    """256 random bits as text."""
    return prefix + secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> bytes:
    """What is stored in place of the token. Plain SHA-256: 256 random bits cannot be guessed."""
    return hashlib.sha256(token.encode()).digest()


def csrf_of(session_token: str) -> str:
    """What a session's forms carry: derived from the cookie, which no other site can read, so nothing is stored."""
    return hmac.new(session_token.encode(), b"bitloot-admin-csrf", hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
