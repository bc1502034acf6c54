"""Composition root: settings → pool, outbox, clients, use cases → consumers and routes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from email.utils import parseaddr

from bitloot_common.db import Pool, open_pool
from bitloot_common.health import Check, Degraded, health_routes
from bitloot_common.outbox import Outbox
from bitloot_common.problem import install_problems
from bitloot_common.relay import Relay
from bitloot_common.retry import Breaker, Breakers, Ladder
from bitloot_kinguin import open_kinguin
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from bitloot_delivery import consumers
from bitloot_delivery.brand import Brand
from bitloot_delivery.client_address import ClientAddress
from bitloot_delivery.clients.mailer import Mailer
from bitloot_delivery.clients.resend import open_resend
from bitloot_delivery.clients.s3 import open_storage
from bitloot_delivery.clients.smtp import SmtpMailer, SmtpServer
from bitloot_delivery.http import Door, install_refusals, routes
from bitloot_delivery.letters import Letters
from bitloot_delivery.pages import Pages
from bitloot_delivery.rates import FailureLimit
from bitloot_delivery.settings import DeliverySettings
from bitloot_delivery.use_cases.open_link import OpenLink
from bitloot_delivery.use_cases.queue_fresh_link import QueueFreshLink
from bitloot_delivery.use_cases.queue_mail import QueueMail
from bitloot_delivery.use_cases.reveal_keys import RevealKeys
from bitloot_delivery.use_cases.revoke_links import RevokeLinks
from bitloot_delivery.use_cases.send_mail import SendMail
from bitloot_delivery.use_cases.store_keys import StoreKeys

SERVICE = "delivery"


def create_app(settings: DeliverySettings) -> FastAPI:
    """The service; its lifespan opens everything and closes it in reverse."""
    checks: dict[str, Check] = {}

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.door = await _open(settings, stack, checks)
            yield

    app = FastAPI(title="BitLoot delivery", description="The link page, and the health of delivery.", lifespan=lifespan)
    install_problems(app)
    install_refusals(app)
    app.include_router(health_routes(checks))
    app.include_router(routes)
    if settings.cors_origin:
        origins = [origin.strip() for origin in settings.cors_origin.split(",")]
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["GET", "POST"])
    return app


async def _open(settings: DeliverySettings, stack: AsyncExitStack, checks: dict[str, Check]) -> Door:
    """Opens what the service works with, bottom up; `stack` closes it top down."""
    pool = await open_pool(settings, application=f"bitloot-{SERVICE}")
    stack.push_async_callback(pool.close)
    outbox = Outbox(SERVICE)
    relay = Relay(outbox, database_url=settings.database_url, bootstrap_servers=settings.kafka_bootstrap_servers)
    await relay.start()
    stack.push_async_callback(relay.stop)
    storage = await stack.enter_async_context(open_storage(settings))
    mailer = _open_mailer(settings)
    stack.push_async_callback(mailer.close)
    kinguin = open_kinguin(settings)
    stack.push_async_callback(kinguin.close)
    database = Breaker("postgresql", probe=lambda: _ask(pool))
    breakers = Breakers(database, kinguin.breaker, storage.breaker, mailer.breaker)
    brand = Brand(settings.shop_name, settings.shop_colour, settings.shop_contact)
    mail_domain = parseaddr(settings.email_from)[1].rpartition("@")[2]
    link_base = f"{settings.frontend_url.rstrip('/')}/d"
    link_ttl = timedelta(seconds=settings.link_ttl_s)
    ladder = Ladder(SERVICE, settings.kafka_bootstrap_servers, breakers=breakers)
    consumers.declare(
        ladder,
        store_keys=StoreKeys(pool, outbox, kinguin, storage, settings.ring(), mail_domain),
        queue_mail=QueueMail(pool, outbox, mail_domain),
        revoke_links=RevokeLinks(pool, outbox),
        send_mail=SendMail(
            pool, outbox, mailer, settings.signer(), Letters(brand), link_base, link_ttl, settings.mail_timeout_s
        ),
    )
    await ladder.start()
    stack.push_async_callback(ladder.stop, settings.shutdown_deadline_s)
    checks |= {"postgresql": lambda: _ask(pool), "storage": storage.check, "mail": lambda: _mail(mailer)}
    checks |= {"outbox": relay.check, **{name: check for name, check in ladder.checks().items() if name not in checks}}
    return Door(
        pages=Pages(brand, settings.storage_origin),
        address=ClientAddress(settings.trusted_proxies),
        failures=FailureLimit(settings.wrong_tokens_per_minute_max),
        open_link=OpenLink(pool, settings.signer(), settings.reveals_max),
        reveal_keys=RevealKeys(
            pool, outbox, storage, settings.ring(), settings.reveals_max, settings.storage_url_ttl_s
        ),
        queue_fresh_link=QueueFreshLink(
            pool,
            outbox,
            mail_domain,
            settings.fresh_links_per_hour_max,
            timedelta(seconds=settings.fresh_link_pause_s),
        ),
    )


def _open_mailer(settings: DeliverySettings) -> Mailer:
    if settings.mail_transport == "resend":
        return open_resend(settings)
    return SmtpMailer(
        SmtpServer.parse(settings.smtp_url),
        settings.email_from,
        connections_max=settings.smtp_connections_max,
        timeout_s=settings.mail_timeout_s,
    )


async def _ask(pool: Pool) -> None:
    await pool.fetchval("select 1")


async def _mail(mailer: Mailer) -> None:
    """Mails wait while the server is away: the page works without it, so the service is degraded, not unready."""
    try:
        await mailer.check()
    except Exception as error:
        raise Degraded(f"{type(error).__name__}; mails wait") from error
