"""Show an order to whoever holds its token: public status, payments, public timeline; nothing secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from bitloot_common.db import Pool
from bitloot_common.problem import NotFound

from bitloot_ingress import checkout_store as store
from bitloot_ingress.status import PublicStatus, public_status
from bitloot_ingress.tokens import is_token


@dataclass(frozen=True, slots=True)
class ShownOrder:
    """Rows of the order, its payments (oldest first) and its public timeline."""

    order: store.Order
    status: PublicStatus
    payments: Sequence[store.Order]
    timeline: Sequence[store.Order]


async def show_order(pool: Pool, order_id: UUID, token: str) -> ShownOrder:
    """Raises NotFound, the same for an unknown order and a wrong token."""
    order = await store.order(pool, order_id)
    if not is_token(token, order["session_token_hash"] if order else None) or order is None:
        raise NotFound("There is no such order, or the token is not its.")
    payments = await store.payments(pool, order_id)
    newest = payments[-1]["status"] if payments else None
    return ShownOrder(order, public_status(order["status"], newest), payments, await store.timeline(pool, order_id))


def masked(email: str | None) -> str | None:
    """Enough to recognise one's own address: `a…z@example.com`."""
    if email is None:
        return None
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}…{name[-1:] if len(name) > 2 else ''}@{domain}"
