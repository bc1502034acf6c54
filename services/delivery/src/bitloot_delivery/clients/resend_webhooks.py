"""What Resend tells us of a mail that it took: bounced, complained, delivered.

Signed as Standard Webhooks: `svix-id`, `svix-timestamp`, `svix-signature` (`v1,<base64>`, several of them while
a secret is being rotated), HMAC-SHA256 over `<id>.<timestamp>.<body>` with the secret behind `whsec_`.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

TOLERANCE_S: Final = 300


class NotFromResend(Exception):
    """The signature is missing, wrong or too old."""


@dataclass(frozen=True, slots=True)
class MailNews:
    """`event`: bounced, complained, delivered or another word of theirs; `reason` without the address."""

    event: str
    delivery_id: UUID | None
    reason: str


class ResendWebhooks:
    """Reads webhooks signed with one of `secrets` (comma-separated, so that one can be replaced)."""

    def __init__(self, secrets: str) -> None:
        """Raises ValueError when a secret is not base64."""
        entries = [entry.strip().removeprefix("whsec_") for entry in secrets.split(",") if entry.strip()]
        self._secrets = [base64.b64decode(entry, validate=True) for entry in entries]

    def read(self, headers: Mapping[str, str], body: bytes) -> MailNews:
        """Raises NotFromResend; ValueError, KeyError or TypeError when a signed body is not what we know."""
        self._verify(headers, body)
        said = orjson.loads(body)
        data = said["data"]
        return MailNews(str(said["type"]).removeprefix("email."), _delivery_id(data), _reason(data))

    def _verify(self, headers: Mapping[str, str], body: bytes) -> None:
        webhook_id, timestamp = headers.get("svix-id", ""), headers.get("svix-timestamp", "")
        if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_S:
            raise NotFromResend
        signed = f"{webhook_id}.{timestamp}.".encode() + body
        good = [base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)) for secret in self._secrets]
        given = [part.partition(",")[2].encode() for part in headers.get("svix-signature", "").split(" ")]
        matches = [hmac.compare_digest(one, other) for one in good for other in given]
        if not any(matches):
            raise NotFromResend


def _delivery_id(data: dict[str, Any]) -> UUID | None:
    """From the tag that the mail was sent with; tags come as an object or as a list."""
    tags = data.get("tags") or {}
    if isinstance(tags, list):
        tags = {tag.get("name"): tag.get("value") for tag in tags}
    found = tags.get("delivery_id")
    return UUID(found) if found else None


def _reason(data: dict[str, Any]) -> str:
    """The kind of bounce; its message may quote the recipient's address."""
    bounce = data.get("bounce") or {}
    return " ".join(str(bounce[name]) for name in ("type", "subType") if bounce.get(name))[:120]
