"""What the schema's owner writes when a customer is forgotten."""

from typing import Any
from uuid import UUID

from bitloot_common.db import Connection

# The idempotency key and the hash of its request are the customer's words too.
_FORGET = """
update orders set email = null, idempotency_key = null, idempotency_fingerprint = null,
                  erased_at = coalesce(erased_at, now())
where id = $1
"""

_AUDIT = "insert into audit_log (actor, action, target, reason, detail) values ($1, 'order.erased', $2, $3, $4)"


async def forget_customer(connection: Connection, order_id: UUID) -> None:
    """The order stays, nobody's."""
    await connection.execute(_FORGET, order_id)


async def audit(connection: Connection, actor: str, order_id: UUID, reason: str, detail: dict[str, Any]) -> None:
    """Who erased what, and why."""
    await connection.execute(_AUDIT, actor, f"order:{order_id}", reason or None, detail)
