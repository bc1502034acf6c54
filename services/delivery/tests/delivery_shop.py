"""Delivery with everything real but Kinguin and Kafka: PostgreSQL, object storage and mail server.

`shop` places orders as ingress would, plays Kinguin at its port, and runs the events by hand that the topics
would bring; the tests of the whole process are in `test_process.py`.
"""

import base64
import json
import secrets
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from bitloot_common.db import open_pool
from bitloot_common.events.delivery import KeysStored
from bitloot_common.events.fulfillment import DeliveryRequested
from bitloot_common.outbox import Outbox
from bitloot_common.retry import Breaker
from bitloot_delivery.app import Outside, UseCases, compose, open_door, open_mailer, serve_door
from bitloot_delivery.clients.s3 import open_storage
from bitloot_delivery.settings import DeliverySettings
from bitloot_kinguin import Code, Delivered, Kinguin, KinguinUnavailable, NotReady, ProductNotes
from fastapi import FastAPI

CAUSE = {"event_id": "by hand"}


def a_key(kid: str = "k1") -> str:
    """One entry of KEY_RING or LINK_SECRETS."""
    return f"{kid}:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip('=')}"


@dataclass
class KinguinOfTests:
    """Holds codes by reservation; what it has, it delivers."""

    codes: dict[str, list[Code]] = field(default_factory=dict)
    calls: int = 0
    notes_of: dict[str, ProductNotes | KinguinUnavailable] = field(default_factory=dict)
    breaker: Breaker = field(default_factory=lambda: Breaker("kinguin"))

    async def delivered(self, reservation_id: str) -> Delivered:
        self.calls += 1
        codes = self.codes.get(reservation_id)
        if not codes:
            raise NotReady(reservation_id)
        return Delivered(reservation_id, list(codes), complete=True)

    async def notes(self, product_id: str) -> ProductNotes:
        found = self.notes_of.get(product_id, ProductNotes())
        if isinstance(found, KinguinUnavailable):
            raise found
        return found


@dataclass
class Shop:
    """One delivery service, driven by hand."""

    settings: DeliverySettings
    outside: Outside
    use_cases: UseCases
    owner: "asyncpg.Connection[Any]"
    kinguin: KinguinOfTests
    http: httpx.AsyncClient

    async def order(self, *, quantity: int = 1, locale: str = "en", **more: Any) -> UUID:
        order_id = uuid4()
        fields = {
            "id": order_id,
            "email": f"{order_id.hex[:12]}@example.com",
            "locale": locale,
            "product_id": "demo",
            "product_name": "Stellar Drift – Deluxe Edition",
            "kinguin_product_id": "kinguin-demo",
            "price_ceiling": 9,
            "quantity": quantity,
            "unit_price": 10,
            "amount": 10 * quantity,
            "currency": "EUR",
            "session_token_hash": b"x",
        } | more
        names = ", ".join(fields)
        places = ", ".join(f"${n}" for n in range(1, len(fields) + 1))
        await self.owner.execute(f"insert into orders ({names}) values ({places})", *fields.values())
        return order_id

    async def deliver(self, order_id: UUID, codes: list[Code], part: int = 1) -> None:
        """What a DeliveryRequested leads to: stored and sealed, not yet mailed."""
        reservation = f"res-{order_id}"
        self.kinguin.codes.setdefault(reservation, []).extend(codes)
        request = DeliveryRequested(order_id=order_id, reservation_id=reservation, quantity=len(codes), part=part)
        await self.use_cases.store_keys(request, CAUSE)

    async def mail(self, order_id: UUID, part: int = 1) -> None:
        await self.use_cases.send_mail.of_part(order_id, part, CAUSE)

    async def outbox(self, order_id: UUID, topic: str) -> list[dict[str, Any]]:
        rows = await self.owner.fetch(
            "select convert_from(value, 'UTF8')::json as value from outbox where key = $1 and topic = $2 order by id",
            str(order_id),
            topic,
        )
        return [json.loads(row["value"]) for row in rows]

    async def address(self, order_id: UUID) -> str:
        return str(await self.owner.fetchval("select email from orders where id = $1", order_id))

    async def timeline(self, order_id: UUID) -> list[str]:
        rows = await self.owner.fetch("select event from order_events where order_id = $1 order by id", order_id)
        return [row["event"] for row in rows]

    async def token(self, order_id: UUID) -> str:
        """The token of the order's newest link, signed again."""
        row = await self.owner.fetchrow(
            "select id, expires_at from links where order_id = $1 order by id desc limit 1", order_id
        )
        assert row is not None
        return self.settings.signer().sign(row["id"], row["expires_at"])

    async def delivered_order(self, codes: list[Code] | None = None, **more: Any) -> tuple[UUID, str]:
        """An order that was stored and mailed, and the token of its link."""
        codes = codes or [a_code()]
        order_id = await self.order(quantity=len(codes), **more)
        await self.deliver(order_id, codes)
        await self.mail(order_id)
        return order_id, await self.token(order_id)


def a_code(text: str | None = None, **more: Any) -> Code:
    return Code(text or f"TEST-{secrets.token_hex(6).upper()}", name="Stellar Drift", **more)


async def open_shop(
    stack: AsyncExitStack, settings: DeliverySettings, owner_url: str, kinguin: Kinguin | None = None
) -> Shop:
    """`kinguin`: a real client in place of the one that is played here."""
    pool = await open_pool(settings, application="tests")
    stack.push_async_callback(pool.close)
    owner = await asyncpg.connect(owner_url)
    stack.push_async_callback(owner.close)
    storage = await stack.enter_async_context(open_storage(settings))
    mailer = open_mailer(settings)
    stack.push_async_callback(mailer.close)
    played = KinguinOfTests()
    outside = Outside(pool, Outbox("delivery"), kinguin or played, storage, mailer)  # type: ignore[arg-type]
    use_cases = compose(settings, outside)
    app = an_app(settings, use_cases)
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://delivery.test")
    stack.push_async_callback(http.aclose)
    return Shop(settings, outside, use_cases, owner, played, http)


def an_app(settings: DeliverySettings, use_cases: UseCases) -> FastAPI:
    app = serve_door(settings, lambda _: nullcontext(), {})
    app.state.door = open_door(settings, use_cases)
    return app


async def keys_stored(shop: Shop, order_id: UUID) -> list[KeysStored]:
    return [KeysStored.model_validate(value) for value in await shop.outbox(order_id, "deliveries.stored")]
