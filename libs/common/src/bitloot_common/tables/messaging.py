"""Outbox and inbox: every service writes its own rows."""

from sqlalchemy import JSON, BigInteger, Column, Index, LargeBinary, PrimaryKeyConstraint, Table, Text, Uuid

from bitloot_common.tables.metadata import created_now, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("id", Uuid, nullable=False, comment="UUIDv7: publication order, and the event's ce_id"),
    Column("service", Text, nullable=False),
    Column("instance", BigInteger, nullable=False, comment="the process that publishes it; an advisory lock"),
    Column("topic", Text, nullable=False),
    Column("key", Text),
    Column("headers", JSON, nullable=False),
    Column("value", LargeBinary, nullable=False),
    PrimaryKeyConstraint("instance", "id"),  # the one index: what the relay reads and deletes by
)

inbox = Table(
    "inbox",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    created_now("at"),
    Index("ix_inbox_at", "at"),
)
