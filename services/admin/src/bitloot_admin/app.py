"""The composition root: settings → database, outbox, relay, agents → the API and the pages."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from bitloot_common.db import open_pool
from bitloot_common.health import Check, health_routes
from bitloot_common.outbox import Outbox
from bitloot_common.problem import install_problems
from bitloot_common.relay import Relay
from fastapi import FastAPI

from bitloot_admin.api import audit, dead_letters, deliveries, orders, payments, people, reservations, session, webhooks
from bitloot_admin.parts import Parts
from bitloot_admin.settings import Settings
from bitloot_admin.throttle import Throttle

API = [
    orders.routes,
    payments.routes,
    reservations.routes,
    deliveries.routes,
    webhooks.routes,
    dead_letters.routes,
    audit.routes,
    session.routes,
    people.routes,
]
SIGN_INS_PER_MINUTE = 20


def create_app(settings: Settings) -> FastAPI:
    """The ASGI application; its lifespan opens what it needs and closes it in reverse."""
    checks: dict[str, Check] = {}
    app = FastAPI(title="BitLoot admin", version="1", lifespan=_lifespan(settings, checks))
    install_problems(app)
    app.include_router(health_routes(checks))
    for routes in API:
        app.include_router(routes)
    return app


def _lifespan(settings: Settings, checks: dict[str, Check]) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            pool = await open_pool(settings, application="bitloot-admin")
            stack.push_async_callback(pool.close)
            checks["postgresql"] = lambda: pool.fetchval("select 1")

            outbox = Outbox("admin")
            relay = Relay(
                outbox, database_url=settings.database_url, bootstrap_servers=settings.kafka_bootstrap_servers
            )
            await relay.start()
            stack.push_async_callback(relay.stop, settings.shutdown_deadline_s)
            checks["outbox"] = relay.check

            app.state.parts = Parts(
                settings=settings, pool=pool, outbox=outbox, sign_ins=Throttle(SIGN_INS_PER_MINUTE, 60)
            )
            yield

    return lifespan
