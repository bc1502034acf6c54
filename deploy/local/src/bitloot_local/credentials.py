"""Secrets of this stack: made once, kept for its owner only, so that its data can be read tomorrow."""

import base64
import secrets
from collections.abc import Callable, Mapping

from bitloot_local import envfile
from bitloot_local.layout import Layout


def key_ring() -> str:
    """`kid:key`: one 32-byte key under its name; a second one, after a comma, is how keys are rotated."""
    return f"local1:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip('=')}"


def token() -> str:
    return secrets.token_urlsafe(24)


MAKERS: Mapping[str, Callable[[], str]] = {
    "POSTGRES_PASSWORD": token,
    "OWNER_DATABASE_PASSWORD": token,
    "INGRESS_DATABASE_PASSWORD": token,
    "FULFILLMENT_DATABASE_PASSWORD": token,
    "DELIVERY_DATABASE_PASSWORD": token,
    "ADMIN_DATABASE_PASSWORD": token,
    "NOWPAYMENTS_API_KEY": token,
    "NOWPAYMENTS_IPN_SECRET": token,
    "ORDER_TOKEN_SECRET": token,
    "KINGUIN_CLIENT_ID": lambda: "bitloot-local",
    "KINGUIN_CLIENT_SECRET": token,
    "KINGUIN_API_KEY": token,
    "KINGUIN_WEBHOOK_SECRET": token,
    "R2_ACCESS_KEY_ID": lambda: f"local{secrets.token_hex(8)}",
    "R2_SECRET_ACCESS_KEY": lambda: secrets.token_hex(20),
    "LINK_SECRETS": key_ring,
    "KEY_RING": key_ring,
    "ADMIN_TOKEN": token,
}


def load_or_make(layout: Layout) -> dict[str, str]:
    known = envfile.read(layout.secrets_file) if layout.secrets_file.exists() else {}
    missing = {name: make() for name, make in MAKERS.items() if name not in known}
    if missing:
        known |= missing
        envfile.write(layout.secrets_file, known, "Secrets of this local stack. `make clean` forgets them.")
    return known
