"""The composition root: settings → database, outbox, relay, agents → the API and the pages."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from bitloot_common.agents import Agents
from bitloot_common.body_limit import BodyLimit
from bitloot_common.client_address import ClientAddress
from bitloot_common.db import close_pool, open_pool
from bitloot_common.deadletters.indexer import Indexer
from bitloot_common.docs import NO_CDN, install_docs
from bitloot_common.health import TELEMETRY, Check, health_routes
from bitloot_common.outbox import Outbox
from bitloot_common.problem import install_problems
from bitloot_common.relay import Relay
from fastapi import FastAPI

from bitloot_admin import api, pages
from bitloot_admin.access import refuse_unguarded
from bitloot_admin.api.openapi import describe
from bitloot_admin.backlog import Backlog
from bitloot_admin.broker import CONSUMERS, BrokerWatch
from bitloot_admin.clients.oidc import Provider
from bitloot_admin.health_watch import ServicesWatch
from bitloot_admin.known_bodies import KnownBodies
from bitloot_admin.live import Feed, Hub
from bitloot_admin.pages.errors import install_error_pages
from bitloot_admin.pages.files import Files
from bitloot_admin.pages.render import STATIC
from bitloot_admin.parts import Parts
from bitloot_admin.remembered import Remembered
from bitloot_admin.settings import Settings
from bitloot_admin.store import overview
from bitloot_admin.throttle import Throttle
from bitloot_admin.use_cases.replay_dead_letters import Jobs

BODY_BYTES_MAX = 2 * 1024 * 1024  # the largest is an edited message
OVERVIEW_AGE_S_MAX = 1.5
COUNT_AGE_S_MAX = 5.0
ACQUIRE_S_MAX = 5.0  # whoever waits longer for a connection is told that the database is busy


def create_app(settings: Settings) -> FastAPI:
    """The ASGI application; its lifespan opens what it needs and closes it in reverse."""
    checks: dict[str, Check] = {}
    app = FastAPI(
        redirect_slashes=False,  # the redirect would go to whatever Host the request names
        title="BitLoot admin",
        version="1",
        generate_unique_id_function=lambda route: route.name,  # the clients' method names
        summary="Look at and operate the pipeline: orders, webhooks, dead letters, people.",
        lifespan=_lifespan(settings, checks),
        telemetry=TELEMETRY,
        **NO_CDN,
    )
    install_problems(app)
    install_docs(app)
    install_error_pages(app)
    app.add_middleware(KnownBodies)
    app.add_middleware(BodyLimit, BODY_BYTES_MAX, f"The body is larger than {BODY_BYTES_MAX // 1024 // 1024} MiB.")
    app.include_router(health_routes(checks))
    for routes in (*api.ROUTERS, *pages.ROUTERS):
        app.include_router(routes)
    app.mount("/static", Files(directory=STATIC))
    refuse_unguarded(app.routes)
    describe(app, api.ROUTES)
    return app


def _lifespan(settings: Settings, checks: dict[str, Check]) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            # A list is asked with a common status and with a rare one: a plan for "any status" reads the whole
            # table for the rare one (750 ms against 1 ms, measured with a million orders).
            pool = await open_pool(
                settings,
                application="bitloot-admin",
                acquire_s_max=ACQUIRE_S_MAX,
                plan_cache_mode="force_custom_plan",
            )
            stack.push_async_callback(close_pool, pool)
            checks["postgresql"] = lambda: pool.fetchval("select 1")

            outbox = Outbox("admin")
            servers = settings.kafka_bootstrap_servers
            relay = Relay(outbox, database_url=settings.database_url, bootstrap_servers=servers)
            await relay.start()
            stack.push_async_callback(relay.stop, settings.shutdown_deadline_s)
            checks["outbox"] = relay.check

            provider = _provider(settings)
            if provider:
                stack.push_async_callback(provider.close)
            hub = Hub()
            broker = BrokerWatch(bootstrap_servers=servers, sample_s=settings.broker_sample_s)
            health = ServicesWatch(pool, settings.service_urls)
            agents = Agents()
            stack.push_async_callback(agents.stop)
            jobs = Jobs(pool, bootstrap_servers=servers)
            stack.push_async_callback(jobs.stop)
            agents.start("dead-letter-indexer", Indexer(pool, servers, CONSUMERS, tell=hub.buried).run)
            agents.start("live-feed", Feed(hub, bootstrap_servers=servers).run)
            agents.start("broker-watch", broker.run)
            agents.start("health-watch", health.run)
            agents.start("backlog", Backlog(pool).run)
            agents.start("job-adopter", jobs.adopt)

            app.state.parts = Parts(
                settings=settings,
                pool=pool,
                outbox=outbox,
                clients=ClientAddress(settings.trusted_proxies),
                sign_ins=Throttle(settings.sign_ins_per_source_per_minute_max, 60),
                provider=provider,
                hub=hub,
                broker=broker,
                health=health,
                overview=Remembered(lambda: overview.read(pool), age_s_max=OVERVIEW_AGE_S_MAX),
                open_dead_letters=Remembered(lambda: overview.open_dead_letters(pool), age_s_max=COUNT_AGE_S_MAX),
                jobs=jobs,
            )
            yield

    return lifespan


def _provider(settings: Settings) -> Provider | None:
    if not settings.oidc_issuer:
        return None
    redirect = f"{settings.admin_public_url.rstrip('/')}/sign-in/oidc/callback"
    secret = settings.oidc_client_secret.get_secret_value()
    return Provider(settings.oidc_issuer, settings.oidc_client_id, secret, redirect)
