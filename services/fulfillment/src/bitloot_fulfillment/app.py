"""Composition root: settings → pool, outbox, relay, clients → ladder, reconciler; HTTP for health only."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bitloot_common import db
from bitloot_common.agents import Agents
from bitloot_common.docs import NO_CDN, install_docs
from bitloot_common.health import TELEMETRY, Check, Degraded, health_routes
from bitloot_common.inbox import keep_pruned
from bitloot_common.outbox import Outbox
from bitloot_common.problem import install_problems
from bitloot_common.relay import Relay
from bitloot_common.retry import Breaker, Breakers, Failure, Ladder
from bitloot_kinguin import Kinguin
from fastapi import FastAPI

from bitloot_fulfillment.balance import BalanceWatch
from bitloot_fulfillment.consumers import POSTGRESQL, subscribe
from bitloot_fulfillment.reconciler import Reconciler
from bitloot_fulfillment.settings import Settings
from bitloot_fulfillment.shop import open_shop

DESCRIPTION = "Payments in, one Kinguin purchase per order out. Consumes Kafka; over HTTP it only says how it is."


class Fulfillment:
    """Everything that lives as long as the process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.outbox = Outbox("fulfillment")
        self.relay = Relay(
            self.outbox,
            database_url=settings.database_url,
            bootstrap_servers=settings.kafka_bootstrap_servers,
        )
        self.checks: dict[str, Check] = {"kafka": self.relay.check}

    @asynccontextmanager
    async def running(self, _: FastAPI) -> AsyncIterator[None]:
        """Opened in this order, closed in reverse: reconciler, consumers (drained), clients, relay (drained)."""
        settings = self._settings
        async with AsyncExitStack() as stack:
            pool = await db.open_pool(settings, application="bitloot-fulfillment")
            stack.push_async_callback(db.close_pool, pool)
            await self.relay.start()
            stack.push_async_callback(self.relay.stop)
            shop = await stack.enter_async_context(open_shop(settings, pool, self.outbox))
            ladder = self._ladder(pool, shop.kinguin.breaker)
            subscribe(ladder, shop)
            await ladder.start()
            stack.push_async_callback(ladder.stop, float(settings.shutdown_deadline_s))
            agents = Agents()
            stack.push_async_callback(agents.stop)
            agents.start("reconciler", Reconciler(shop.buyer, shop.nowpayments, settings.pace).run)
            agents.start("inbox", lambda: keep_pruned(pool))
            agents.start("balance", self._balance_watch(shop.kinguin).run)

            async def check_nowpayments() -> None:
                try:
                    await shop.nowpayments.status()
                except Failure as error:
                    raise Degraded(f"NOWPayments: {type(error).__name__}") from None

            async def check_postgres() -> None:
                await pool.fetchval("select 1", timeout=1.5)

            self.checks.update(ladder.checks(), postgres=check_postgres, nowpayments=check_nowpayments)
            yield

    def _balance_watch(self, kinguin: Kinguin) -> BalanceWatch:
        settings = self._settings
        interval_s, alert_eur = settings.kinguin_balance_interval_s, settings.kinguin_balance_alert_eur
        return BalanceWatch(kinguin, interval_s=interval_s, alert_eur=alert_eur)

    def _ladder(self, pool: db.Pool, kinguin: Breaker) -> Ladder:
        async def probe() -> None:
            await pool.fetchval("select 1", timeout=2)

        breakers = Breakers(kinguin, Breaker(POSTGRESQL, probe=probe))
        settings = self._settings
        return Ladder(
            "fulfillment",
            settings.kafka_bootstrap_servers,
            breakers=breakers,
            instance_id=settings.group_instance_id,
            concurrency=settings.consumer_concurrency,
        )


def create_app(settings: Settings) -> FastAPI:
    """The whole service as one ASGI application."""
    service = Fulfillment(settings)
    app = FastAPI(
        redirect_slashes=False,  # the redirect would go to whatever Host the request names
        title="BitLoot fulfillment",
        description=DESCRIPTION,
        version="1",
        lifespan=service.running,
        telemetry=TELEMETRY,
        **NO_CDN,
    )
    install_problems(app)
    install_docs(app)
    app.include_router(health_routes(service.checks))
    return app
