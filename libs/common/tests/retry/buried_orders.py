"""A service that buries what it is sent, and `bitloot dlt` at its grave."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import asyncpg
from bitloot_common.cli.dlt import app
from bitloot_common.deadletters import DeadLetter, Selection, table
from bitloot_common.deadletters.indexer import Indexer
from bitloot_common.events.fulfillment import OrderPaid
from bitloot_common.events.ingress import NowPaymentsIpn
from bitloot_common.inbox import first_time
from bitloot_common.retry import Message, Permanent
from bitloot_local.pytest_plugin import Database
from eventually import eventually
from pydantic import BaseModel
from typer.testing import CliRunner

from .harness import Family


class Shop:
    """A service that refuses every order until it is told otherwise, and its dead letters."""

    def __init__(self, family: Family, database: Database) -> None:
        self.family = family
        self.refuses = True
        self.effects: list[str] = []
        self._database = database

    async def start(self) -> None:
        ladder = self.family.ladder()

        models: dict[str, type[BaseModel]] = {NowPaymentsIpn.TYPE: NowPaymentsIpn, OrderPaid.TYPE: OrderPaid}

        @ladder.subscribe(self.family.topic, models, delays_s=(1,))
        async def on_order_paid(message: Message[OrderPaid | NowPaymentsIpn]) -> None:
            if self.refuses:
                raise Permanent(f"order {message.data.order_id} is refused")
            connection = await asyncpg.connect(self._database.url)
            try:
                if await first_time(connection, self.family.service, message.id):
                    self.effects.append(message.id)
            finally:
                await connection.close()

        await ladder.start()

    async def bury(self, count: int) -> list[str]:
        """Sends `count` orders that are refused; returns their order ids."""
        orders = [str(uuid4()) for _ in range(count)]
        for number, order in enumerate(orders):
            headers = [("ce_id", f"e{number}".encode()), ("ce_type", OrderPaid.TYPE.encode()), ("x", b"1"), ("x", None)]
            await self.family.send_raw(order.encode(), json.dumps({"orderId": order, "n": number}).encode(), headers)
        await self.family.records(self.family.dlt, at_least=count)
        return orders

    async def bury_ipn(self, **fields: Any) -> dict[str, Any]:
        """Sends one IPN whose `price_amount` has a decimal comma; returns its body."""
        body = {"payment_id": 7, "payment_status": "partially_paid", "order_id": str(uuid4()), "actually_paid": 0.00001}
        body |= {"price_amount": "19,90", "pay_currency": "btc"} | fields
        headers = [("ce_id", b"e0"), ("ce_type", NowPaymentsIpn.TYPE.encode())]
        await self.family.send_raw(b"7", json.dumps(body).encode(), headers)
        await self.family.records(self.family.dlt, at_least=1)
        return body

    async def indexed(self, pool: Any, count: int) -> list[DeadLetter]:
        indexer = Indexer(pool, self.family.bootstrap_servers, [self.family.service])
        running = asyncio.create_task(indexer.run())

        async def all_there() -> list[DeadLetter] | None:
            async with pool.acquire() as connection:
                letters = await table.find(connection, Selection(service=self.family.service))
            return letters if len(letters) == count else None

        try:
            letters: list[DeadLetter] = await eventually(all_there)
        finally:
            running.cancel()
            await asyncio.wait([running])
        return letters

    def env(self, *, database: bool = True, role: str = "admin") -> dict[str, str]:
        """What `bitloot dlt` is given: as admin does, or as another service would be."""
        url = self._database.url_of(role) if database else "postgresql://nobody:x@127.0.0.1:1/gone"
        return {"KAFKA_BOOTSTRAP_SERVERS": self.family.bootstrap_servers, "DATABASE_URL": url}

    async def dlt(
        self, *arguments: str, database: bool = True, code: int = 0, editor: str = "", role: str = "admin"
    ) -> Any:
        """`bitloot dlt …`: its JSON if it prints any, else its text."""
        env = self.env(database=database, role=role) | {"EDITOR": editor}
        result = await asyncio.to_thread(CliRunner().invoke, app, list(arguments), env=env)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout) if "--json" in arguments and code == 0 else result.output
