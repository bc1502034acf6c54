"""What the tests of the use cases stand on: the shop's parts, the database seen by its owner, the sandbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from bitloot_common import db
from bitloot_common.events.delivery import KeysStored, LinkMailed
from bitloot_common.events.ingress import KinguinEsaWebhook, KinguinWebhook
from bitloot_common.outbox import Outbox
from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.kinguin_news import of_webhook
from bitloot_fulfillment.money import PaymentReport
from bitloot_fulfillment.settings import ShopSettings
from bitloot_fulfillment.shop import Shop, open_shop
from bitloot_fulfillment.use_cases.accept_payment import accept_payment
from bitloot_fulfillment.use_cases.mark_fulfilled import mark_fulfilled
from bitloot_fulfillment.use_cases.mark_stored import mark_stored
from bitloot_fulfillment.use_cases.record_kinguin_event import record_kinguin_event
from bitloot_fulfillment.use_cases.reserve_key import reserve_key
from bitloot_local.pytest_plugin import Database

PRICE = Decimal("9.99")
COINS = Decimal("0.00025")


class Sandbox:
    """The providers' buttons."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.AsyncClient(base_url=url, timeout=10, trust_env=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def reset(self) -> None:
        await self._http.delete("/control/faults")
        await self.set(
            sendWebhooks=False, completion="webhook", completionDelayMs=0, externalIdUnique=False, latencyMs=0,
            searchLagMs=0, partialDelivery=None, keysPerStep=None, outOfStockOffers=[], codeType="text",
            tokenTtlS=3600, reservationTtlS=1800, price=7.0, balance=1_000_000,
        )  # fmt: skip

    async def set(self, **settings: Any) -> None:
        (await self._http.post("/control/settings", json=settings)).raise_for_status()

    async def fault(self, operation: str, mode: str, **more: Any) -> None:
        body = {"provider": "kinguin", "operation": operation, "mode": mode, **more}
        (await self._http.post("/control/faults", json=body)).raise_for_status()

    async def no_faults(self) -> None:
        await self._http.delete("/control/faults")

    async def purchases(self, order_id: UUID) -> list[dict[str, Any]]:
        ledger = (await self._http.get("/control/ledger")).json()["purchases"]
        return [one for one in ledger if str(order_id) in (one["orderId"] or "")]

    async def move(self, reservation_id: str, status: str) -> None:
        answer = await self._http.post(f"/control/purchases/{reservation_id}", json={"status": status, "silent": True})
        answer.raise_for_status()

    async def create_payment(self, order_id: UUID) -> dict[str, Any]:
        body = {"price_amount": 9.99, "price_currency": "eur", "pay_currency": "btc", "order_id": str(order_id)}
        headers = {"x-api-key": "nowpayments-key"}
        answer = await self._http.post("/nowpayments/v1/payment", json=body, headers=headers)
        answer.raise_for_status()
        created: dict[str, Any] = answer.json()
        return created

    async def pay(self, payment_id: str, status: str, **more: Any) -> None:
        body = {"status": status, "silent": True, **more}
        (await self._http.post(f"/control/payments/{payment_id}", json=body)).raise_for_status()


@dataclass
class Harness:
    """One shop at work. `owner` may read and write everything."""

    shop: Shop
    owner: asyncpg.Pool
    sandbox: Sandbox
    settings: ShopSettings
    pool: db.Pool
    outbox: Outbox
    _payment_ids: list[int] = field(default_factory=lambda: [uuid4().int % 10**12])

    # what ingress would have written

    async def order(self, quantity: int = 1, **more: Any) -> UUID:
        order_id = uuid4()
        values = {"kinguin_product_id": "kinguin-demo", "offer_id": None, "price_ceiling": Decimal("9.50")} | more
        await self.owner.execute(
            "insert into orders (id, email, product_id, product_name, kinguin_product_id, offer_id, price_ceiling,"
            " quantity, unit_price, amount, currency, session_token_hash)"
            " values ($1, 'buyer@example.com', 'demo', 'Demo', $2, $3, $4, $5, $6, $7, 'EUR', '\\x00')",
            order_id, values["kinguin_product_id"], values["offer_id"], values["price_ceiling"], quantity, PRICE,
            PRICE * quantity,
        )  # fmt: skip
        return order_id

    async def payment(self, order_id: UUID, payment_id: str | None = None, **more: Any) -> str:
        self._payment_ids[0] += 1
        payment_id = payment_id or str(self._payment_ids[0])
        amount = await self.owner.fetchval("select amount from orders where id = $1", order_id)
        await self.owner.execute(
            "insert into payments (id, order_id, payment_id, status, price_amount, price_currency, pay_amount,"
            " pay_currency, created_at) values ($1, $2, $3, 'waiting', $4, 'EUR', $5, 'btc',"
            " now() - make_interval(days => $6))",
            uuid4(), order_id, payment_id, amount, more.get("pay_amount", COINS), more.get("age_days", 0),
        )  # fmt: skip
        return payment_id

    # what arrives

    async def report(self, payment_id: str, status: str, paid: Decimal | None = None, **more: Any) -> bool:
        event_id = more.pop("event_id", str(uuid4()))
        report = PaymentReport(payment_id=payment_id, status=status, actually_paid=paid, **more)
        return await accept_payment(self.shop.cashier, report, Cause(event_id, {"test": status}))

    async def paid(self, quantity: int = 1, **more: Any) -> UUID:
        """An order, paid in full."""
        order_id = await self.order(quantity, **more)
        await self.report(await self.payment(order_id), "finished", COINS)
        return order_id

    async def buy(self, order_id: UUID) -> None:
        """What `orders.paid` starts."""
        await reserve_key(self.shop.buyer, order_id, Cause(str(uuid4()), {"test": "orders.paid"}))

    async def webhook(self, order_id: UUID, event: str, **more: Any) -> None:
        """A Kinguin webhook of whichever API, about the order's newest purchase unless `reservation_id` says else."""
        event_id = more.pop("event_id", str(uuid4()))
        reservation_id = more.pop("reservation_id", None) or (await self.purchases(order_id))[-1]["reservation_id"]
        webhook: KinguinWebhook | KinguinEsaWebhook
        if self.settings.kinguin_api == "esa":
            words = {"delivered": "completed", "cancel": "canceled", "outofstock": "canceled", "give": "processing"}
            webhook = KinguinEsaWebhook(order_id=reservation_id, status=words.get(event, event), **more)
        else:
            webhook = KinguinWebhook.model_validate({"reservationId": reservation_id, "event": event, **more})
        await record_kinguin_event(self.shop.buyer, of_webhook(webhook), Cause(event_id, {"test": event}))

    async def sealed(self, order_id: UUID, part: int, codes: int, total: int, quantity: int) -> None:
        """Delivery sealed a part: its row and its event. `total` codes of `quantity` over all parts."""
        await self.owner.execute(
            "insert into keys (id, order_id, part, reservation_id, storage_ref, codes_count, object_sha256,"
            " wrapped_key, kid, sealed_at) values ($1, $2, $3, 'r', $4, $5, '\\x00', 'w', 'k', now())",
            uuid4(), order_id, part, f"orders/{order_id}/{part}", codes,
        )  # fmt: skip
        stored = KeysStored(
            order_id=order_id, part=part, storage_ref="ref", codes_stored=total, quantity=quantity,
            complete=total == quantity,
        )  # fmt: skip
        await mark_stored(self.shop.books, self.shop.deadlines, stored, Cause(str(uuid4())))

    async def mailed(self, order_id: UUID, *, complete: bool = True) -> None:
        mailed = LinkMailed(order_id=order_id, delivery_id=uuid4(), purpose="keys", complete=complete)
        await mark_fulfilled(self.shop.books, mailed, Cause(str(uuid4())))

    # what came of it

    async def status(self, order_id: UUID) -> str:
        status: str = await self.owner.fetchval("select status from orders where id = $1", order_id)
        return status

    async def refund_due(self, order_id: UUID) -> Decimal | None:
        due: Decimal | None = await self.owner.fetchval("select refund_due from orders where id = $1", order_id)
        return due

    async def purchases(self, order_id: UUID) -> list[asyncpg.Record]:
        return await self.owner.fetch("select * from reservations where order_id = $1 order by attempt", order_id)

    async def timeline(self, order_id: UUID) -> list[str]:
        rows = await self.owner.fetch("select event from order_events where order_id = $1 order by id", order_id)
        return [row["event"] for row in rows]

    async def messages(self, order_id: UUID) -> list[tuple[str, dict[str, Any]]]:
        """What left for other services, `orders.events` apart: (ce_type, data)."""
        rows = await self.owner.fetch(
            "select headers->>'ce_type' as type, convert_from(value, 'UTF8')::jsonb as data from outbox"
            " where key = $1 and topic <> 'orders.events' order by id", str(order_id),
        )  # fmt: skip
        return [(row["type"], row["data"]) for row in rows]

    async def told(self, order_id: UUID, event_type: str) -> list[dict[str, Any]]:
        return [data for kind, data in await self.messages(order_id) if event_type in kind]


@asynccontextmanager
async def open_harness(settings: ShopSettings, sandbox: Sandbox, database: Database) -> AsyncIterator[Harness]:
    """A shop whose outbox instance holds its lock, as its relay would."""
    outbox = Outbox("fulfillment")
    pool = await db.open_pool(settings, application="test-fulfillment")
    owner = await asyncpg.create_pool(database.url, min_size=1, max_size=4, init=db.prepare)
    lock = await asyncpg.connect(database.url)
    await lock.execute("select pg_advisory_lock($1)", outbox.instance)
    try:
        async with open_shop(settings, pool, outbox) as shop:
            yield Harness(shop, owner, sandbox, settings, pool, outbox)
    finally:
        await lock.close()
        await owner.close()
        await pool.close()
