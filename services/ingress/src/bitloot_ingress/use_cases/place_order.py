"""Place an order: catalogue price, one order per idempotency key, the first line of its timeline."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import orjson
from bitloot_common import timeline
from bitloot_common.db import Pool
from bitloot_common.ids import new_id
from bitloot_common.outbox import Outbox
from bitloot_common.problem import Conflict, Unprocessable
from bitloot_common.timeline import Entry

from bitloot_ingress import checkout_store as store
from bitloot_ingress.tokens import is_token, session_token, token_hash


class UnknownProduct(Unprocessable):
    """Not in the catalogue, or not for sale now."""


class QuantityTooLarge(Unprocessable):
    """More than the product allows in one order."""


class KeyReused(Unprocessable):
    """The idempotency key came before, with another request."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the customer asks for."""

    email: str
    product_id: str
    quantity: int
    locale: str
    idempotency_key: str | None

    def fingerprint(self) -> bytes:
        """The same for the same request. The language is not part of it: browsers change it by themselves."""
        return hashlib.sha256(orjson.dumps([self.email.lower(), self.product_id, self.quantity])).digest()


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """The order and the token that shows it."""

    id: UUID
    session_token: str
    status: str
    product_id: str
    product_name: str
    quantity: int
    amount: Decimal
    currency: str


async def place_order(pool: Pool, outbox: Outbox, token_secret: str, wish: Wish) -> PlacedOrder:
    """Raises UnknownProduct, QuantityTooLarge, KeyReused or Conflict."""
    if wish.idempotency_key is not None:  # first: the catalogue may have changed since
        async with pool.acquire() as connection:
            before = await store.order_by_key(connection, wish.idempotency_key)
        if before is not None:
            return _same_again(before, wish, token_secret)
    product = await store.product(pool, wish.product_id)
    if product is None:
        raise UnknownProduct("There is no such product.", productId=wish.product_id)
    if wish.quantity > product["quantity_max"]:
        raise QuantityTooLarge("More than can be ordered at once.", quantityMax=product["quantity_max"])
    order_id = new_id()
    token = session_token(token_secret, order_id)
    new = store.NewOrder(
        order_id,
        wish.email,
        wish.locale,
        product,
        wish.quantity,
        wish.idempotency_key,
        wish.fingerprint(),
        token_hash(token),
    )
    async with pool.acquire() as connection, connection.transaction():
        if not await store.insert_order(connection, new):
            assert wish.idempotency_key is not None, "only a key can conflict"
            return _same_again(await store.order_by_key(connection, wish.idempotency_key), wish, token_secret)
        detail = {"productId": wish.product_id, "quantity": wish.quantity}
        await timeline.append(
            connection, outbox, Entry(order_id, "order.created", to_status="created", public=True, detail=detail)
        )
    outbox.committed()
    return PlacedOrder(
        order_id, token, "created", product["id"], product["name"], wish.quantity, new.amount, product["currency"]
    )


def _same_again(order: store.Order | None, wish: Wish, token_secret: str) -> PlacedOrder:
    if order is None or order["idempotency_fingerprint"] != wish.fingerprint():
        raise KeyReused("This idempotency key was used with another request.")
    token = session_token(token_secret, order["id"])
    if not is_token(token, order["session_token_hash"]):
        raise Conflict("The order of this idempotency key can no longer be answered again.")
    return PlacedOrder(
        order["id"],
        token,
        "created",
        order["product_id"],
        order["product_name"],
        order["quantity"],
        order["amount"],
        order["currency"],
    )
