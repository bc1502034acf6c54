"""Bearer tokens that need no memory: they name their own end and are signed."""

import hashlib
import hmac

from bitloot_sandbox.clock import now_s


def new_token(secret: str, lives_s: float) -> str:
    ends = f"{now_s() + lives_s:.3f}"
    return f"{ends}.{_seal(secret, ends)}"


def is_alive(token: str, secret: str) -> bool:
    ends, _, seal = token.rpartition(".")
    return hmac.compare_digest(seal.encode(), _seal(secret, ends).encode()) and now_s() < float(ends)


def _seal(secret: str, ends: str) -> str:
    return hmac.new(secret.encode(), ends.encode(), hashlib.sha256).hexdigest()[:40]
