"""The SMTP side: accepts every mail, or answers what a test told it to."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses

from aiosmtpd.smtp import SMTP, Envelope, Session

from bitloot_local.mailbox.store import Mail, Store

MAIL_BYTES_MAX = 10 * 1024 * 1024


class Receiver:
    """aiosmtpd's handler. `reply` set: nothing is accepted, the sender gets this line instead."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reply: str | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        if self.reply is not None:
            return self.reply
        mail = as_maildev(envelope)
        await asyncio.to_thread(self._store.add, mail)
        return f"250 2.0.0 Ok: queued as {mail['id']}"


def server_factory(receiver: Receiver) -> Callable[[], SMTP]:
    def server() -> SMTP:
        return SMTP(receiver, hostname="mailbox.local", ident="BitLoot mailbox", data_size_limit=MAIL_BYTES_MAX)

    return server


def as_maildev(envelope: Envelope) -> Mail:
    """One mail in the shape of maildev's `GET /email`, with its source besides."""
    raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content or "").encode()
    message = message_from_bytes(raw, policy=policy.default)
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "id": secrets.token_hex(4),
        "messageId": str(message.get("message-id", "")).strip("<> \r\n"),
        "time": now,
        "date": message_date(message) or now,
        "subject": str(message.get("subject", "")),
        "from": people(message, "from"),
        "to": people(message, "to"),
        "cc": people(message, "cc"),
        "replyTo": people(message, "reply-to"),
        "envelope": {"from": envelope.mail_from, "to": list(envelope.rcpt_tos)},
        "headers": headers(message),
        "text": body(message, "plain"),
        "html": body(message, "html"),
        "attachments": [
            {"fileName": part.get_filename(), "contentType": part.get_content_type()}
            for part in message.iter_attachments()
        ],
        "size": len(raw),
        "read": False,
        "source": raw.decode(errors="replace"),
    }


def people(message: EmailMessage, header: str) -> list[dict[str, str]]:
    found = getaddresses([str(value) for value in message.get_all(header, [])])
    return [{"address": address, "name": name} for name, address in found]


def headers(message: EmailMessage) -> dict[str, str | list[str]]:
    """Lower-case names; a header that comes more than once is a list, as maildev has it."""
    told: dict[str, str | list[str]] = {}
    for name in dict.fromkeys(name.lower() for name in message):
        values = [str(value) for value in message.get_all(name, [])]
        told[name] = values[0] if len(values) == 1 else values
    return told


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


def message_date(message: EmailMessage) -> str | None:
    date = getattr(message.get("date"), "datetime", None)
    return date.isoformat() if isinstance(date, datetime) else None
