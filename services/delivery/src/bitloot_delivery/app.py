"""Composition root: settings → pool, outbox, clients, use cases → consumers and routes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr

from bitloot_common.agents import Agents
from bitloot_common.client_address import ClientAddress
from bitloot_common.db import Pool, close_pool, open_pool
from bitloot_common.docs import NO_CDN, install_docs
from bitloot_common.from_zero import from_zero
from bitloot_common.health import TELEMETRY, Check, Degraded, health_routes, is_probe
from bitloot_common.inbox import keep_pruned
from bitloot_common.outbox import Outbox
from bitloot_common.problem import install_problems
from bitloot_common.relay import Relay
from bitloot_common.retry import Breaker, Breakers, Ladder, WrongDeclaration
from bitloot_kinguin import Kinguin, open_kinguin
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from bitloot_delivery import consumers, metrics
from bitloot_delivery.brand import Brand
from bitloot_delivery.clients.mailer import Mailer
from bitloot_delivery.clients.resend import open_resend
from bitloot_delivery.clients.resend_webhooks import ResendWebhooks
from bitloot_delivery.clients.s3 import open_storage
from bitloot_delivery.clients.smtp import SmtpMailer, SmtpServer
from bitloot_delivery.clients.storage import KeyStorage
from bitloot_delivery.http import Door, install_refusals, mail_routes, routes
from bitloot_delivery.letters import NOTICES, Letters
from bitloot_delivery.link_spans import LinkSpans, carries_token
from bitloot_delivery.pages import Pages
from bitloot_delivery.rates import FailureLimit
from bitloot_delivery.settings import DeliverySettings, MailSettings
from bitloot_delivery.store import mails
from bitloot_delivery.store.mails import LINK_PURPOSES
from bitloot_delivery.use_cases.delete_old_keys import DeleteOldKeys
from bitloot_delivery.use_cases.note_products import NoteProducts
from bitloot_delivery.use_cases.open_link import OpenLink
from bitloot_delivery.use_cases.queue_fresh_link import QueueFreshLink
from bitloot_delivery.use_cases.queue_mail import QueueMail
from bitloot_delivery.use_cases.record_bounce import RecordBounce
from bitloot_delivery.use_cases.reveal_keys import RevealKeys
from bitloot_delivery.use_cases.revoke_links import RevokeLinks
from bitloot_delivery.use_cases.send_mail import SendMail
from bitloot_delivery.use_cases.store_keys import StoreKeys

SERVICE = "delivery"
BACKLOG_INTERVAL_S = 15.0
LEASE_SLACK_S = 5.0
CONSUMERS_WAIT_S_MAX = 5.0  # usually they are there before the first request; the page waits no longer for Kafka


@dataclass(frozen=True, slots=True)
class Outside:
    """What delivery works with, opened."""

    pool: Pool
    outbox: Outbox
    kinguin: Kinguin
    storage: KeyStorage
    mailer: Mailer


@dataclass(frozen=True, slots=True)
class UseCases:
    """What delivery does."""

    store_keys: StoreKeys
    queue_mail: QueueMail
    send_mail: SendMail
    revoke_links: RevokeLinks
    open_link: OpenLink
    reveal_keys: RevealKeys
    queue_fresh_link: QueueFreshLink
    delete_old_keys: DeleteOldKeys
    note_products: NoteProducts
    record_bounce: RecordBounce


def compose(settings: DeliverySettings, outside: Outside) -> UseCases:
    """The use cases, each with the parts that it needs."""
    from_zero(metrics.MAILS, LINK_PURPOSES | NOTICES, metrics.MAIL_OUTCOMES)
    pool, outbox, storage = outside.pool, outside.outbox, outside.storage
    ring, signer = settings.ring(), settings.signer()
    mail_domain = parseaddr(settings.email_from)[1].rpartition("@")[2]
    return UseCases(
        store_keys=StoreKeys(pool, outbox, outside.kinguin, storage, ring, mail_domain),
        queue_mail=QueueMail(pool, outbox, mail_domain),
        send_mail=SendMail(
            pool,
            outbox,
            outside.mailer,
            signer,
            Letters(_brand(settings)),
            link_base=f"{settings.frontend_url.rstrip('/')}/d",
            link_ttl=timedelta(seconds=settings.link_ttl_s),
            lease=timedelta(seconds=settings.mail_timeout_s + LEASE_SLACK_S),
            patience=timedelta(seconds=settings.mail_patience_s),
        ),
        revoke_links=RevokeLinks(pool, outbox),
        open_link=OpenLink(pool, signer, settings.reveals_max),
        reveal_keys=RevealKeys(pool, outbox, storage, ring, settings.reveals_max, settings.storage_url_ttl_s),
        queue_fresh_link=QueueFreshLink(
            pool,
            outbox,
            mail_domain,
            settings.fresh_links_per_hour_max,
            timedelta(seconds=settings.fresh_link_pause_s),
        ),
        delete_old_keys=DeleteOldKeys(
            pool,
            outbox,
            storage,
            after_view=timedelta(days=settings.keys_keep_days_after_view),
            after_delivery=timedelta(days=settings.keys_keep_days_after_delivery),
            readers_keep=timedelta(days=settings.readers_keep_days),
            interval_s=settings.retention_interval_s,
        ),
        note_products=NoteProducts(
            pool,
            outside.kinguin,
            timedelta(seconds=settings.product_notes_keep_s),
            settings.product_notes_interval_s,
        ),
        record_bounce=RecordBounce(pool, outbox),
    )


def open_door(settings: DeliverySettings, use_cases: UseCases) -> Door:
    """What the routes need."""
    return Door(
        pages=Pages(_brand(settings), settings.storage_origin),
        address=ClientAddress(settings.trusted_proxies),
        failures=FailureLimit(settings.wrong_tokens_per_minute_max),
        open_link=use_cases.open_link,
        reveal_keys=use_cases.reveal_keys,
        queue_fresh_link=use_cases.queue_fresh_link,
        record_bounce=use_cases.record_bounce,
        mail_webhooks=ResendWebhooks(settings.resend_webhook_secret),
    )


def create_app(settings: DeliverySettings) -> FastAPI:
    """The service; its lifespan opens everything and closes it in reverse."""
    checks: dict[str, Check] = {}

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.door = await _open(settings, stack, checks)
            yield

    return serve_door(settings, lifespan, checks)


def serve_door(
    settings: DeliverySettings,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    checks: Mapping[str, Check],
) -> FastAPI:
    """The HTTP side around a lifespan that sets `app.state.door`."""
    app = FastAPI(
        redirect_slashes=False,  # the redirect would go to whatever Host the request names
        title="BitLoot delivery",
        description="The link page, and the health of delivery.",
        lifespan=lifespan,
        telemetry={**TELEMETRY, "exclude": lambda scope: carries_token(scope) or is_probe(scope)},
        **NO_CDN,
    )
    app.add_middleware(LinkSpans)
    install_problems(app)
    install_docs(app)
    install_refusals(app)
    app.include_router(health_routes(checks))
    app.include_router(routes)
    if settings.resend_webhook_secret:
        app.include_router(mail_routes)
    if settings.cors_origin:
        origins = [origin.strip() for origin in settings.cors_origin.split(",")]
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["GET", "POST"])
    return app


async def _open(settings: DeliverySettings, stack: AsyncExitStack, checks: dict[str, Check]) -> Door:
    """Opens everything, bottom up; `stack` closes it top down."""
    outside, relay = await _open_outside(settings, stack)
    pool, mailer, storage = outside.pool, outside.mailer, outside.storage
    database = Breaker("postgresql", probe=lambda: _ask(pool))
    breakers = Breakers(database, outside.kinguin.breaker, storage.breaker, mailer.breaker)
    instance_id = settings.group_instance_id
    ladder = Ladder(SERVICE, settings.kafka_bootstrap_servers, breakers=breakers, instance_id=instance_id)
    use_cases = compose(settings, outside)
    consumers.declare(
        ladder,
        store_keys=use_cases.store_keys,
        queue_mail=use_cases.queue_mail,
        revoke_links=use_cases.revoke_links,
        send_mail=use_cases.send_mail,
        record_bounce=use_cases.record_bounce,
    )
    stack.push_async_callback(use_cases.send_mail.stop)
    stack.push_async_callback(ladder.stop, settings.shutdown_deadline_s)
    agents = Agents()
    stack.push_async_callback(agents.stop)
    agents.start("consumers", ladder.start)
    agents.start("inbox", lambda: keep_pruned(pool))
    agents.start("retention", use_cases.delete_old_keys.run)
    agents.start("notes", use_cases.note_products.run)
    agents.start("backlog", lambda: _watch_backlog(pool))
    with suppress(TimeoutError):
        async with asyncio.timeout(CONSUMERS_WAIT_S_MAX):
            await ladder.started.wait()
    checks |= ladder.checks() | {
        "consumers": lambda: _consumers(ladder),
        "postgresql": lambda: _ask(pool),
        "outbox": relay.check,
        "storage": storage.check,
        "mail": lambda: _mail(mailer),
    }
    return open_door(settings, use_cases)


async def _open_outside(settings: DeliverySettings, stack: AsyncExitStack) -> tuple[Outside, Relay]:
    pool = await open_pool(settings, application=f"bitloot-{SERVICE}")
    stack.push_async_callback(close_pool, pool)
    outbox = Outbox(SERVICE)
    relay = Relay(outbox, database_url=settings.database_url, bootstrap_servers=settings.kafka_bootstrap_servers)
    await relay.start()
    stack.push_async_callback(relay.stop)
    storage = await stack.enter_async_context(open_storage(settings))
    mailer = open_mailer(settings)
    stack.push_async_callback(mailer.close)
    kinguin = open_kinguin(settings)
    stack.push_async_callback(kinguin.close)
    return Outside(pool, outbox, kinguin, storage, mailer), relay


def open_mailer(settings: MailSettings) -> Mailer:
    """The mailer that MAIL_TRANSPORT names."""
    if settings.mail_transport == "resend":
        return open_resend(settings)
    return SmtpMailer(
        SmtpServer.parse(settings.smtp_url),
        settings.email_from,
        connections_max=settings.smtp_connections_max,
        timeout_s=settings.mail_timeout_s,
        answer_timeout_s=settings.mail_answer_timeout_s,
        retry_s=settings.mail_retry_s,
    )


def _brand(settings: MailSettings) -> Brand:
    return Brand(settings.shop_name, settings.shop_colour, settings.shop_contact)


async def _watch_backlog(pool: Pool) -> None:
    """Age, not count, says whether mails are stuck."""
    while True:
        async with pool.acquire() as connection:
            metrics.MAILS_PENDING_AGE_S.set(await mails.oldest_pending_s(connection))
        await asyncio.sleep(BACKLOG_INTERVAL_S)


async def _ask(pool: Pool) -> None:
    await pool.fetchval("select 1")


async def _consumers(ladder: Ladder) -> None:
    """New orders wait while Kafka is away or partitions change hands; the links that customers have need neither.

    A topic that is not there is a fault of the deployment: not ready, so that it goes no further.
    """
    try:
        await ladder.checks()["consumers"]()
    except WrongDeclaration:
        raise
    except Exception as error:
        raise Degraded(f"{error}; new orders wait") from error


async def _mail(mailer: Mailer) -> None:
    """Mails wait while the server is away: the page works without it, so the service is degraded, not unready."""
    try:
        await mailer.check()
    except Exception as error:
        raise Degraded(f"{type(error).__name__}; mails wait") from error
