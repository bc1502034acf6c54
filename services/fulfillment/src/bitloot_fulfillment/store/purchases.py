"""`reservations`: one row for each purchase that was ever intended, and who works on it.

A handler that is about to talk to Kinguin holds the row's lease: it names the process (`lease_owner`, the
outbox instance, whose advisory lock tells whether it lives) and a fence that only grows. What the lease holder
learns of a purchase that may or may not exist (search, release) is written only where the fence still is its own,
and an offer is replaced only then. What Kinguin says of a purchase that exists comes from webhooks and the
reconciler too, who hold no lease: there the order's row lock and the reservation's id guard.
"""
# ruff: noqa: S608  (column lists are our own literals)

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
from bitloot_common.db import Connection
from bitloot_common.ids import new_id
from bitloot_common.tracing import current_traceparent

from bitloot_fulfillment.store.orders import Order


@dataclass(frozen=True, slots=True)
class Purchase:
    """A row of `reservations`: attempt 1, then one more for each further offer tried."""

    id: UUID
    order_id: UUID
    attempt: int
    external_id: str
    reservation_id: str | None
    product_id: str
    offer_id: str | None
    quantity: int
    status: str
    provider_status: str | None
    codes_delivered: int
    parts_requested: int
    asked_count: int
    requested_at: datetime | None
    fence: int
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Intent:
    """A purchase that is about to be made."""

    order_id: UUID
    api: str
    attempt: int
    external_id: str
    product_id: str
    offer_id: str | None
    quantity: int


_COLUMNS = ", ".join(field.name for field in fields(Purchase))
_CURRENT = f"select {_COLUMNS} from reservations where order_id = $1 order by attempt desc limit 1 for update"
_BY_RESERVATION = f"select {_COLUMNS} from reservations where reservation_id = $1"
_BY_EXTERNAL = f"select {_COLUMNS} from reservations where external_id = $1"
_INTEND = f"""
insert into reservations (id, order_id, api, attempt, external_id, product_id, offer_id, quantity, next_ask_at,
    lease_owner, lease_until, status, requested_at, fence, traceparent)
values ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(secs => $9),
    $10, clock_timestamp() + make_interval(secs => $11),
    case when $10::bigint is null then 'intended' else 'requested' end,
    case when $10::bigint is null then null else clock_timestamp() end,
    case when $10::bigint is null then 0 else 1 end, $12)
returning {_COLUMNS}
"""
# a lease counts while it lasts and its holder lives; the holder's lock is the one that its relay takes
_HELD_FOR = """
select extract(epoch from lease_until - clock_timestamp())::float from reservations
where id = $1 and lease_until > clock_timestamp() and (
    lease_owner = $2
    or exists (
        select from pg_locks
        where locktype = 'advisory' and granted and objsubid = 1
        and database = (select oid from pg_database where datname = current_database())
        and classid::bigint = lease_owner >> 32 and objid::bigint = lease_owner & 4294967295
    )
)
"""
_LEASE = f"""
update reservations set fence = fence + 1, lease_owner = $2,
    lease_until = clock_timestamp() + make_interval(secs => $3), status = 'requested',
    requested_at = coalesce(requested_at, clock_timestamp()), updated_at = now()
where id = $1 returning {_COLUMNS}
"""
_NOTE_NONE = """
update reservations set none_count = none_count + 1, none_since = coalesce(none_since, clock_timestamp()),
    updated_at = now()
where id = $1 and fence = $2
returning none_count, extract(epoch from clock_timestamp() - none_since)::float as none_for_s
"""
_REQUEST_AGAIN = """
update reservations set none_count = 0, none_since = null, requested_at = clock_timestamp(), updated_at = now()
where id = $1 and fence = $2 returning true
"""
_RELEASE = """
update reservations set lease_until = null, last_error = $3, updated_at = now(),
    requested_at = case when $4 then null else requested_at end
where id = $1 and fence = $2
"""
_RECORD = """
update reservations set
    reservation_id = coalesce($2, reservation_id), status = $3, provider_status = coalesce($4, provider_status),
    provider_updated_at = coalesce($5, provider_updated_at), price = coalesce($6, price),
    offer_id = coalesce($7, offer_id), expires_at = coalesce($8, expires_at),
    codes_delivered = greatest(codes_delivered, $9), parts_requested = greatest(parts_requested, $10),
    asked_count = 0, next_ask_at = now() + make_interval(secs => $11), lease_until = null, last_error = null,
    reserved_at = coalesce(reserved_at, clock_timestamp()),
    given_at = case when $3 in ('given', 'delivered') then coalesce(given_at, clock_timestamp()) else given_at end,
    delivered_at = case when $3 = 'delivered' then coalesce(delivered_at, clock_timestamp()) else delivered_at end,
    updated_at = now()
where id = $1
"""
_END = """
update reservations set status = $2, provider_status = coalesce($3, provider_status), next_ask_at = null,
    lease_until = null, updated_at = now()
where id = $1
"""
_NOTE_PROVIDER = "update reservations set status = $2, provider_status = $3, updated_at = now() where id = $1"
_COUNT = "update reservations set codes_delivered = greatest(codes_delivered, $2), updated_at = now() where id = $1"
_SCHEDULE = """
update reservations set asked_count = $2, next_ask_at = now() + make_interval(secs => $3), updated_at = now()
where id = $1
"""
_IS_REPLACED = "select exists (select from reservations where order_id = $1 and attempt > $2)"
_OFFERS_TRIED = "select distinct offer_id from reservations where order_id = $1 and offer_id is not null"
_STORED = """
select count(*)::int as parts, coalesce(sum(codes_count), 0)::int as codes
from keys where order_id = $1 and sealed_at is not null
"""
_DUE = f"select {_COLUMNS} from reservations where next_ask_at <= now() order by next_ask_at limit $1"


@dataclass(frozen=True, slots=True)
class Progress:
    """What is written about a purchase that Kinguin knows. `ask_in_s`: None for never again."""

    status: str
    reservation_id: str | None
    provider_status: str | None
    provider_updated_at: datetime | None
    price: Decimal | None
    offer_id: str | None
    expires_at: datetime | None
    codes_delivered: int
    parts_requested: int
    ask_in_s: float | None


def _purchase(row: asyncpg.Record) -> Purchase:
    return Purchase(**row)


async def current(connection: Connection, order_id: UUID) -> Purchase | None:
    """The order's newest attempt, locked. Lock the order before."""
    row = await connection.fetchrow(_CURRENT, order_id)
    return _purchase(row) if row else None


async def find(connection: Connection, reservation_id: str, external_id: str | None) -> Purchase | None:
    """The purchase that Kinguin calls `reservation_id`, else the one that carries our `external_id`."""
    row = await connection.fetchrow(_BY_RESERVATION, reservation_id)
    if row is None and external_id:
        row = await connection.fetchrow(_BY_EXTERNAL, external_id)
    return _purchase(row) if row else None


@dataclass(frozen=True, slots=True)
class Lease:
    """Who takes it, for how many seconds."""

    owner: int
    seconds: float


async def intend(
    connection: Connection, intent: Intent, ask_in_s: float | None, lease: Lease | None = None
) -> Purchase:
    """Writes the intent down, before anything is asked of Kinguin; with its lease when the call leaves next."""
    row = await connection.fetchrow(
        _INTEND,
        new_id(),
        intent.order_id,
        intent.api,
        intent.attempt,
        intent.external_id,
        intent.product_id,
        intent.offer_id,
        intent.quantity,
        ask_in_s,
        lease.owner if lease else None,
        lease.seconds if lease else None,
        current_traceparent(),
    )
    assert row is not None
    return _purchase(row)


async def held_for_s(connection: Connection, purchase: Purchase, me: int) -> float | None:
    """Seconds for which another handler still may be at work on it; None when it is free."""
    seconds: float | None = await connection.fetchval(_HELD_FOR, purchase.id, me)
    return seconds


async def take(connection: Connection, purchase: Purchase, lease: Lease) -> Purchase:
    """Takes the lease; from its commit on a call may have left (`requested_at`)."""
    row = await connection.fetchrow(_LEASE, purchase.id, lease.owner, lease.seconds)
    assert row is not None
    return _purchase(row)


async def note_none(connection: Connection, purchase: Purchase) -> tuple[int, float] | None:
    """The search said none. Returns how often and for how many seconds by now; None when the lease is lost."""
    row = await connection.fetchrow(_NOTE_NONE, purchase.id, purchase.fence)
    return (row["none_count"], row["none_for_s"]) if row else None


async def request_again(connection: Connection, purchase: Purchase) -> bool:
    """Nothing was bought, for sure: the next call may leave. False when the lease is lost."""
    return bool(await connection.fetchval(_REQUEST_AGAIN, purchase.id, purchase.fence))


async def release(connection: Connection, purchase: Purchase, error: str, *, surely_nothing: bool) -> None:
    """Gives the lease back; `surely_nothing` was bought: the next attempt need not look it up."""
    await connection.execute(_RELEASE, purchase.id, purchase.fence, error[:300], surely_nothing)


async def record(connection: Connection, purchase: Purchase, progress: Progress) -> None:
    """What Kinguin said. Lock the order before."""
    await connection.execute(
        _RECORD,
        purchase.id,
        progress.reservation_id,
        progress.status,
        progress.provider_status,
        progress.provider_updated_at,
        progress.price,
        progress.offer_id,
        progress.expires_at,
        progress.codes_delivered,
        progress.parts_requested,
        progress.ask_in_s,
    )


async def count(connection: Connection, purchase: Purchase, codes: int) -> None:
    """So many codes of it Kinguin has handed out by now."""
    await connection.execute(_COUNT, purchase.id, codes)


async def end(connection: Connection, purchase: Purchase, status: str, provider_status: str | None) -> None:
    """Nothing will come of it."""
    await connection.execute(_END, purchase.id, status, provider_status)


async def note_provider(connection: Connection, purchase: Purchase, status: str, provider_status: str) -> None:
    """What became of it at Kinguin after it was delivered."""
    await connection.execute(_NOTE_PROVIDER, purchase.id, status, provider_status)


async def schedule(connection: Connection, purchase: Purchase, ask_in_s: float | None, asked_count: int) -> None:
    """When the reconciler asks next; None for never."""
    await connection.execute(_SCHEDULE, purchase.id, asked_count, ask_in_s)


async def is_replaced(connection: Connection, purchase: Purchase) -> bool:
    """Whether another offer was tried after it."""
    return bool(await connection.fetchval(_IS_REPLACED, purchase.order_id, purchase.attempt))


async def offers_tried(connection: Connection, order_id: UUID) -> set[str]:
    """The offers that this order has been through."""
    return {row["offer_id"] for row in await connection.fetch(_OFFERS_TRIED, order_id)}


async def reached_delivery(connection: Connection, order_id: UUID) -> bool:
    """Whether delivery has begun to seal codes of it."""
    return bool(await connection.fetchval("select exists (select from keys where order_id = $1)", order_id))


async def stored(connection: Connection, order_id: UUID) -> tuple[int, int]:
    """How many parts and how many codes delivery has sealed."""
    row = await connection.fetchrow(_STORED, order_id)
    assert row is not None
    return row["parts"], row["codes"]


async def share_stored(connection: Connection, order: Order) -> Decimal:
    """How much of the order the sealed codes are: 0.6 for three of five."""
    _, codes = await stored(connection, order.id)
    return Decimal(min(codes, order.quantity)) / order.quantity


async def due(connection: Connection, limit: int) -> list[Purchase]:
    """Purchases to ask about now, most overdue first."""
    return [_purchase(row) for row in await connection.fetch(_DUE, limit)]
