"""Delivery owns the sealed keys, the links, the mails and the notes on products."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from bitloot_common.tables.metadata import TIMESTAMP, created_now, metadata

keys = Table(
    "keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("part", Integer, nullable=False, server_default="1"),
    Column("reservation_id", Text, nullable=False),
    Column("storage_ref", Text, nullable=False, unique=True),
    Column("codes_count", Integer, nullable=False, server_default="0", comment="0 while only the intent is committed"),
    Column("object_sha256", LargeBinary, comment="null while only the intent is committed"),
    Column(
        "wrapped_key", Text, nullable=False, comment="the data key as a compact JWE under the key ring; '' once deleted"
    ),
    Column("kid", Text, nullable=False),
    created_now("intended_at"),
    Column("sealed_at", TIMESTAMP, comment="null: the data key is committed, the object may or may not be there"),
    Column("viewed_at", TIMESTAMP, comment="first reveal"),
    Column("view_count", Integer, nullable=False, server_default="0"),
    Column("deleted_at", TIMESTAMP),
    UniqueConstraint("order_id", "part"),
    Index("ix_keys_kid", "kid"),
)

product_notes = Table(
    "product_notes",
    metadata,
    Column("kinguin_product_id", Text, primary_key=True),
    Column("region", Text),
    Column("countries_excluded", ARRAY(Text), nullable=False, server_default="{}", comment="ISO 3166"),
    Column("activation", Text, comment="plain text, written by sellers"),
    created_now("asked_at"),
    Column("noted_at", TIMESTAMP, comment="null: asked, never answered"),
)

links = Table(
    "links",
    metadata,
    Column("id", Uuid, primary_key=True, comment="the token's jti"),
    Column("order_id", Uuid, nullable=False),
    Column("purpose", Text, nullable=False, server_default="keys"),
    created_now("created_at"),
    Column("expires_at", TIMESTAMP, nullable=False),
    Column("revoked_at", TIMESTAMP),
    Column("revoked_reason", Text),
    Column("reveals", Integer, nullable=False, server_default="0"),
    Index("ix_links_order_id", "order_id"),
)

link_views = Table(
    "link_views",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("link_id", Uuid, nullable=False),
    created_now("at"),
    Column("address", Text),
    Column("user_agent", Text),
    Column("outcome", Text, nullable=False),
    Index("ix_link_views_order_id_at", "order_id", "at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("purpose", Text, nullable=False, comment="keys, resend, fresh_link, or the name of a notice"),
    Column("sequence", Integer, nullable=False, server_default="1", comment="part, or how manieth resend"),
    Column("message_id", Text, nullable=False, unique=True),
    Column("link_id", Uuid),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("complete", Boolean, nullable=False, server_default="true"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("claimed_until", TIMESTAMP, comment="a sender is at work; after this it is taken for dead"),
    Column("last_error", Text),
    Column("requested_by", Text),
    created_now("created_at"),
    Column("mailed_at", TIMESTAMP),
    UniqueConstraint("order_id", "purpose", "sequence"),
    Index("ix_deliveries_status_id", "status", "id"),
    Index("ix_deliveries_pending", "created_at", postgresql_where=text("status = 'pending'")),
)
