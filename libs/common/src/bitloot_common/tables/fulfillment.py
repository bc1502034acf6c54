"""Fulfillment owns the reservations; every service appends to the orders' timeline."""

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, Integer, Numeric, Table, Text, Uuid, text
from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from bitloot_common.tables.metadata import TIMESTAMP, created_now, metadata

reservations = Table(
    "reservations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("api", Text, nullable=False, comment="reservations or esa"),
    Column("attempt", Integer, nullable=False, comment="1, then one more for each further offer tried"),
    Column("external_id", Text, nullable=False, unique=True, comment="idempotency key at Kinguin"),
    Column("reservation_id", Text, comment="Kinguin's id; null while only the intent is committed"),
    Column("product_id", Text, nullable=False),
    Column("offer_id", Text),
    Column("quantity", Integer, nullable=False),
    Column("price", Numeric(12, 2), comment="what Kinguin charged for one unit"),
    Column("status", Text, nullable=False, server_default="intended"),
    Column("provider_status", Text),
    Column("provider_updated_at", TIMESTAMP),
    Column("codes_delivered", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("asked_count", Integer, nullable=False, server_default="0"),
    Column("next_ask_at", TIMESTAMP, comment="when the reconciler asks Kinguin next; null: never"),
    Column("intended_at", TIMESTAMP, nullable=False, server_default=text("now()")),
    Column("requested_at", TIMESTAMP, comment="the first call may have left: from here on look up, never re-buy"),
    Column("reserved_at", TIMESTAMP),
    Column("given_at", TIMESTAMP),
    Column("delivered_at", TIMESTAMP),
    Column("expires_at", TIMESTAMP),
    created_now("updated_at"),
    UniqueConstraint("order_id", "attempt"),
    UniqueConstraint("api", "reservation_id"),
    Index("ix_reservations_reservation_id", "reservation_id"),
    Index("ix_reservations_status_intended_at", "status", "intended_at"),
    Index("ix_reservations_next_ask_at", "next_ask_at", postgresql_where=text("next_ask_at is not null")),
)

order_events = Table(
    "order_events",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("at", TIMESTAMP, nullable=False, server_default=text("clock_timestamp()")),
    Column("service", Text, nullable=False),
    Column("event", Text, nullable=False, comment="dotted: order.paid, webhook.received, mail.sent"),
    Column("from_status", Text),
    Column("to_status", Text),
    Column("public", Boolean, nullable=False, server_default="false", comment="shown to the customer"),
    Column("detail", JSONB, nullable=False, server_default="{}"),
    Column("cause", JSONB, nullable=False, server_default="{}", comment="webhook id, topic/partition/offset"),
    Column("trace_id", Text),
    Index("ix_order_events_order_id_id", "order_id", "id"),
)
