"""The audit log: who did what to what, and why. Written in the transaction of the deed; never changed.

The database role may insert and select here and nothing else.
"""

from typing import Any

from bitloot_common.db import Connection

_INSERT = "insert into audit_log (actor, action, target, reason, detail) values ($1, $2, $3, $4, $5)"


async def write(
    connection: Connection,
    actor: str,
    action: str,
    target: str | None = None,
    *,
    reason: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Adds one row within the caller's transaction.

    `action` is dotted (`webhook.replayed`), `target` is `kind:id` (`order:0198…`). `detail` holds no secret.
    """
    await connection.execute(_INSERT, actor, action, target, reason or None, detail or {})
