"""Admin owns the catalogue, the dead letters, the audit log, and who may use it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from bitloot_common.tables.metadata import TIMESTAMP, created_now, metadata

products = Table(
    "products",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("price", Numeric(12, 2), nullable=False),
    Column("currency", Text, nullable=False),
    Column("kinguin_product_id", Text, nullable=False),
    Column("offer_id", Text),
    Column("price_ceiling", Numeric(12, 2), nullable=False),
    Column("quantity_max", Integer, nullable=False, server_default="10"),
    Column("activation", Text, comment="how to activate, shown on the link page"),
    Column("active", Boolean, nullable=False, server_default="true"),
    CheckConstraint("price > 0", name="price"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("service", Text, nullable=False),
    Column("dlt_topic", Text, nullable=False),
    Column("dlt_partition", Integer, nullable=False),
    Column("dlt_offset", BigInteger, nullable=False),
    Column("original_topic", Text, nullable=False),
    Column("original_partition", Integer),
    Column("original_offset", BigInteger),
    Column("original_timestamp", TIMESTAMP),
    Column("key", LargeBinary),
    Column("value", LargeBinary),
    Column("headers", JSONB, nullable=False, comment="[[name, base64 value or null], …] in the record's order"),
    Column("event_id", Text),
    Column("event_type", Text),
    Column("order_id", Uuid),
    Column("attempts", Integer),
    Column("error_class", Text),
    Column("error_message", Text),
    Column("fingerprint", Text, nullable=False),
    Column("first_failed_at", TIMESTAMP),
    Column("dead_at", TIMESTAMP, nullable=False),
    Column("state", Text, nullable=False, server_default="open"),
    Column("state_at", TIMESTAMP),
    Column("state_by", Text),
    Column("state_reason", Text),
    Column("replays", Integer, nullable=False, server_default="0"),
    UniqueConstraint("dlt_topic", "dlt_partition", "dlt_offset"),
    CheckConstraint("state in ('open', 'replayed', 'discarded')", name="state"),
    Index("ix_dead_letters_state_fingerprint", "state", "fingerprint"),
    Index("ix_dead_letters_order_id", "order_id"),
    Index("ix_dead_letters_dead_at_id", "dead_at", "id"),
    Index("ix_dead_letters_state_dead_at_id", "state", "dead_at", "id"),
    Index("ix_dead_letters_event_id", "event_id"),
    Index("ix_dead_letters_fingerprint_dead_at_id", "fingerprint", "dead_at", "id"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    created_now("at"),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text),
    Column("reason", Text),
    Column("detail", JSONB, nullable=False, server_default="{}"),
    Index("ix_audit_log_at", "at"),
    Index("ix_audit_log_target_id", "target", "id"),
    Index("ix_audit_log_actor_id", "actor", "id"),
    Index("ix_audit_log_action_id", "action", "id"),
)

people = Table(
    "people",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, comment="argon2id; null: signs in through OIDC only"),
    Column("oidc_subject", Text, unique=True),
    Column("disabled_at", TIMESTAMP),
    Column("failed_sign_ins", Integer, nullable=False, server_default="0", comment="unused since sign_in_failures"),
    Column("locked_until", TIMESTAMP, comment="unused since sign_in_failures"),
    Column("last_sign_in_at", TIMESTAMP),
    created_now("created_at"),
    CheckConstraint("role in ('viewer', 'operator', 'admin')", name="role"),
    Index("uq_people_email_lower", text("lower(email)"), unique=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True, comment="SHA-256 of the cookie's random token"),
    Column("person_id", Uuid, nullable=False),
    created_now("created_at"),
    created_now("seen_at"),
    Column("expires_at", TIMESTAMP, nullable=False),
    Column("address", Text),
    Column("user_agent", Text),
    Index("ix_sessions_person_id", "person_id"),
    Index("ix_sessions_expires_at", "expires_at"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True, comment="SHA-256 of a random token"),
    Column("role", Text, nullable=False),
    Column("scopes", ARRAY(Text), comment="rights it may use of its role's; null: all of them"),
    Column("created_by", Text, nullable=False),
    created_now("created_at"),
    Column("expires_at", TIMESTAMP, nullable=False),
    Column("revoked_at", TIMESTAMP),
    Column("used_at", TIMESTAMP, comment="to the minute"),
    CheckConstraint("role in ('viewer', 'operator', 'admin')", name="role"),
    Index("uq_api_tokens_name_lower", text("lower(name)"), unique=True),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("address", Text, primary_key=True, comment="whence; who guesses elsewhere locks nobody out here"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("locked_until", TIMESTAMP),
    created_now("at"),
)

saved_views = Table(
    "saved_views",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("page", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False, comment="the page's query string, as it stands in the URL"),
    created_now("created_at"),
    UniqueConstraint("person_id", "page", "name"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False, comment="dead_letters.replay, webhooks.replay, …"),
    Column("actor", Text, nullable=False),
    Column("reason", Text),
    Column("selection", JSONB, nullable=False, comment="which messages: ids, a group or a filter"),
    Column("state", Text, nullable=False, server_default="running"),
    Column("total", Integer, nullable=False, server_default="0"),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("report", JSONB, nullable=False, server_default="{}"),
    created_now("created_at"),
    created_now("touched_at"),
    Column("finished_at", TIMESTAMP),
    CheckConstraint("state in ('running', 'finished', 'aborted', 'failed')", name="state"),
    Index("ix_jobs_created_at", "created_at"),
)

outages = Table(
    "outages",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("service", Text, nullable=False, comment="who said so"),
    Column("dependency", Text, nullable=False),
    Column("detail", Text, nullable=False),
    created_now("began_at"),
    Column("ended_at", TIMESTAMP),
    Index("uq_outages_open", "service", "dependency", unique=True, postgresql_where=text("ended_at is null")),
)

dead_letter_groups = Table(
    "dead_letter_groups",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("note", Text, nullable=False, comment="what is known about this failure"),
    Column("noted_by", Text, nullable=False),
    created_now("noted_at"),
)
