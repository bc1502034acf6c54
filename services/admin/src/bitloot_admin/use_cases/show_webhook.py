"""One webhook with its payload, masked where it looks like a secret."""

from typing import Any
from uuid import UUID

import asyncpg
import orjson
from bitloot_admin import audit
from bitloot_admin.models.webhooks import WebhookDetail, days_kept
from bitloot_admin.store import webhooks
from bitloot_common.db import Pool
from bitloot_common.problem import Gone, NotFound
from bitloot_common.scrub import redact_headers, scrub, scrub_value


async def show_webhook(pool: Pool, webhook_id: UUID, *, trace_url_template: str = "") -> WebhookDetail:
    """The webhook as it is shown by default. Raises NotFound."""
    async with pool.acquire() as connection:
        row = await webhooks.find(connection, webhook_id)
        if row is None:
            raise NotFound(f"There is no webhook {webhook_id}.")
        replays = await webhooks.replays(connection, webhook_id)
    found = dict(row) | {"headers": redact_headers(row["headers"]), "replays": replays} | _payload(row["body"])
    if row["trace_id"] and trace_url_template:
        found["trace_url"] = trace_url_template.replace("{traceId}", row["trace_id"])
    if replays:
        found["replayed_at"] = replays[0].at
    return WebhookDetail.model_validate(found)


def _payload(body: bytes | None) -> dict[str, Any]:
    if body is None:
        return {"body": None, "body_bytes": None}
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"body": body.hex(), "body_bytes": len(body), "body_is_text": False}
    masked = scrub(text)
    try:
        payload = scrub_value(orjson.loads(body))
    except orjson.JSONDecodeError:
        payload = None
    return {"body": masked, "body_bytes": len(body), "payload": payload, "masked": masked != text}


async def reveal_webhook(pool: Pool, webhook_id: UUID, actor: str) -> bytes:
    """The body byte for byte; that it was looked at is audited. Raises NotFound, or Gone after its retention."""
    async with pool.acquire() as connection, connection.transaction():
        row = await webhooks.find(connection, webhook_id)
        if row is None:
            raise NotFound(f"There is no webhook {webhook_id}.")
        if row["body"] is None:
            raise removed(row)
        await audit.write(connection, actor, "webhook.revealed", f"webhook:{webhook_id}")
        body: bytes = row["body"]
        return body


def removed(row: asyncpg.Record) -> Gone:
    """Says that the body is no longer there, and after how long it went."""
    days = days_kept(row["received_at"], row["body_removed_at"])
    return Gone("The body is no longer kept." if days is None else f"The body was removed after {days} days.")
