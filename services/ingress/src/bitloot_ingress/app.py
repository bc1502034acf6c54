"""Composition root: settings → outbox, relay, sink, flushers, clients → doors and routes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bitloot_common import db
from bitloot_common.agents import Agents
from bitloot_common.client_address import Networks
from bitloot_common.docs import NO_CDN, install_docs
from bitloot_common.health import TELEMETRY, health_routes
from bitloot_common.outbox import Outbox
from bitloot_common.problem import install_problems
from bitloot_common.relay import Relay
from bitloot_nowpayments import Limits, NowPayments
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from bitloot_ingress import store
from bitloot_ingress.checkout import Checkout
from bitloot_ingress.door import Desk, Door
from bitloot_ingress.duplicates import Duplicates
from bitloot_ingress.flusher import Flusher
from bitloot_ingress.front import Front
from bitloot_ingress.http.checkout import checkout_routes
from bitloot_ingress.http.webhooks import webhook_routes
from bitloot_ingress.minimums import Minimums
from bitloot_ingress.protocol import Bounds
from bitloot_ingress.providers import registered
from bitloot_ingress.refusals import Refusals
from bitloot_ingress.retention import keep_removing_bodies
from bitloot_ingress.settings import Settings
from bitloot_ingress.sink import Sink
from bitloot_ingress.sources import Allowance, Sources
from bitloot_ingress.trace import Traces
from bitloot_ingress.use_cases.create_payment import PaymentDesk, Terms

DESCRIPTION = "The front door: orders and payments from customers, webhooks from the providers."


class Ingress:
    """Everything that lives as long as the process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.outbox = Outbox("ingress")
        self.relay = Relay(
            self.outbox,
            database_url=settings.database_url,
            bootstrap_servers=settings.kafka_bootstrap_servers,
            settle=store.SETTLE_AND_NOTE_POSITION,
        )
        self.sink = Sink(settings.webhooks_pending_max)
        self.sources = Sources(settings.trusted_proxies)
        unlimited = Networks(settings.unlimited_sources)
        self.refusals = Refusals(Allowance(settings.refusals_per_source_per_minute_max, unlimited))
        self.checkout = Checkout(
            outbox=self.outbox,
            token_secret=settings.order_token_secret,
            default_pay_currency=settings.default_pay_currency,
            deadline_s=settings.api_deadline_s,
            payment_deadline_s=settings.payment_deadline_s,
            sources=self.sources,
            allowance=Allowance(settings.api_requests_per_source_per_minute_max, unlimited),
        )

    @asynccontextmanager
    async def running(self, _: FastAPI) -> AsyncIterator[None]:
        """Opened in this order, closed in reverse: requests end, flushers commit, the relay drains."""
        settings = self.settings
        async with AsyncExitStack() as stack:
            pool = await db.open_pool(settings, application="bitloot-ingress")
            stack.push_async_callback(db.close_pool, pool)
            await self.relay.start()
            stack.push_async_callback(self.relay.stop, float(settings.shutdown_deadline_s))
            limits = Limits(settings.nowpayments_payments_per_s_max, settings.nowpayments_requests_per_s_max)
            provider = await stack.enter_async_context(
                NowPayments(settings.nowpayments_base, settings.nowpayments_api_key, limits)
            )
            self.checkout.pool = pool
            self.checkout.payments = PaymentDesk(pool, self.outbox, provider, Minimums(provider), self._terms())
            agents = Agents()
            stack.push_async_callback(agents.stop)
            duplicates = Duplicates(pool)
            stack.push_async_callback(duplicates.write)
            agents.start("duplicates", duplicates.run)
            agents.start("retention", lambda: keep_removing_bodies(pool, settings.webhook_bodies_keep_days))
            for number in range(settings.webhook_flushers):
                flusher = Flusher(self.sink, self.outbox, duplicates, settings.database_url)
                agents.start(f"flusher-{number}", flusher.run)
            yield

    def _terms(self) -> Terms:
        return Terms(
            ipn_callback_url=f"{self.settings.webhook_base_url}/payments/ipn",
            is_fixed_rate=self.settings.nowpayments_fixed_rate,
            payments_per_order_max=self.settings.payments_per_order_max,
        )

    def doors(self) -> dict[str, Door]:
        """The webhook doors by path."""
        settings = self.settings
        traces = Traces(settings.webhook_trace_ratio)
        allowed = {
            "nowpayments": Networks(settings.nowpayments_sources),
            "kinguin": Networks(settings.kinguin_sources),
        }
        by_path: dict[str, list[Desk]] = {}
        for provider in registered(settings):
            desk = Desk(provider, self.sink, self.refusals, traces, allowed[provider.NAME])
            for path in provider.PATHS:
                by_path.setdefault(path, []).append(desk)
        return {
            path: Door(desks, body_bytes_max=settings.webhook_body_bytes_max, sources=self.sources)
            for path, desks in by_path.items()
        }

    async def check_database(self) -> None:
        """For /readyz: the database answers and webhooks can be committed."""
        await self.checkout.pool.fetchval("select 1", timeout=1.5)
        if not self.sink.open:
            raise ConnectionError("no flusher has a connection")


def create_app(settings: Settings) -> Front:
    """The whole service as one ASGI application."""
    ingress = Ingress(settings)
    return Front(
        create_api(ingress),
        ingress.doors(),
        requests_max=settings.http_requests_max,
        body_bytes_max=settings.api_body_bytes_max,
    )


def create_api(ingress: Ingress) -> FastAPI:
    """What stands behind the webhook doors; it declares them too, for the documentation."""
    app = FastAPI(
        redirect_slashes=False,  # the redirect would go to whatever Host the request names
        title="BitLoot ingress",
        description=DESCRIPTION,
        version="1",
        lifespan=ingress.running,
        telemetry=TELEMETRY,
        **NO_CDN,
    )
    install_problems(app)
    install_docs(app)
    app.include_router(checkout_routes(ingress.checkout))
    app.include_router(webhook_routes())
    app.include_router(health_routes({"postgres": ingress.check_database, "kafka": ingress.relay.check}))
    if ingress.settings.cors_origin:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[origin.strip() for origin in ingress.settings.cors_origin.split(",")],
            allow_methods=["GET", "POST"],
            allow_headers=["content-type", "idempotency-key", "x-order-session-token"],
        )
    return app


def bounds(settings: Settings) -> Bounds:
    """What a connection may take."""
    return Bounds(
        header_bytes_max=settings.http_header_bytes_max,
        header_timeout_s=settings.http_header_timeout_s,
        body_timeout_s=settings.http_body_timeout_s,
        request_timeout_s=2 * settings.payment_deadline_s,
        connections_max=settings.http_connections_max,
        connections_per_peer_max=settings.http_connections_per_peer_max,
        unlimited_peers=Networks(f"{settings.trusted_proxies},{settings.unlimited_sources}"),
    )
