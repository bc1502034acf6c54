"""the pipeline's tables

Revision: 0001, the first.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"], unique=False)
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("dlt_topic", sa.Text(), nullable=False),
        sa.Column("dlt_partition", sa.Integer(), nullable=False),
        sa.Column("dlt_offset", sa.BigInteger(), nullable=False),
        sa.Column("original_topic", sa.Text(), nullable=False),
        sa.Column("original_partition", sa.Integer(), nullable=True),
        sa.Column("original_offset", sa.BigInteger(), nullable=True),
        sa.Column("original_timestamp", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column(
            "headers",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[[name, base64 value or null], …] in the record's order",
        ),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("event_type", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=True),
        sa.Column("error_class", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("first_failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_by", sa.Text(), nullable=True),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("replays", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("state in ('open', 'replayed', 'discarded')", name=op.f("ck_dead_letters_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letters")),
        sa.UniqueConstraint(
            "dlt_topic",
            "dlt_partition",
            "dlt_offset",
            name=op.f("uq_dead_letters_dlt_topic_dlt_partition_dlt_offset"),
        ),
    )
    op.create_index("ix_dead_letters_dead_at_id", "dead_letters", ["dead_at", "id"], unique=False)
    op.create_index("ix_dead_letters_order_id", "dead_letters", ["order_id"], unique=False)
    op.create_index("ix_dead_letters_state_fingerprint", "dead_letters", ["state", "fingerprint"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False, comment="keys, resend, fresh_link, or the name of a notice"),
        sa.Column(
            "sequence",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="part, or how manieth resend",
        ),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("complete", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("message_id", name=op.f("uq_deliveries_message_id")),
        sa.UniqueConstraint("order_id", "purpose", "sequence", name=op.f("uq_deliveries_order_id_purpose_sequence")),
    )
    op.create_index(
        "ix_deliveries_pending",
        "deliveries",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "event_id", name=op.f("pk_inbox")),
    )
    op.create_index("ix_inbox_at", "inbox", ["at"], unique=False)
    op.create_table(
        "keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Integer(), server_default="1", nullable=False),
        sa.Column("reservation_id", sa.Text(), nullable=False),
        sa.Column("storage_ref", sa.Text(), nullable=False),
        sa.Column("codes_count", sa.Integer(), nullable=False),
        sa.Column("object_sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "wrapped_key",
            sa.Text(),
            nullable=False,
            comment="the data key as a compact JWE under the key ring",
        ),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("viewed_at", sa.DateTime(timezone=True), nullable=True, comment="first reveal"),
        sa.Column("view_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sa.UniqueConstraint("order_id", "part", name=op.f("uq_keys_order_id_part")),
        sa.UniqueConstraint("storage_ref", name=op.f("uq_keys_storage_ref")),
    )
    op.create_index("ix_keys_kid", "keys", ["kid"], unique=False)
    op.create_table(
        "link_views",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_views")),
    )
    op.create_index("ix_link_views_order_id_at", "link_views", ["order_id", "at"], unique=False)
    op.create_table(
        "links",
        sa.Column("id", sa.Uuid(), nullable=False, comment="the token's jti"),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), server_default="keys", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.Column("reveals", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
    )
    op.create_index("ix_links_order_id", "links", ["order_id"], unique=False)
    op.create_table(
        "order_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False, comment="dotted: order.paid, webhook.received, mail.sent"),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=True),
        sa.Column("public", sa.Boolean(), server_default="false", nullable=False, comment="shown to the customer"),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "cause",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="webhook id, topic/partition/offset",
        ),
        sa.Column("trace_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
    )
    op.create_index("ix_order_events_order_id_id", "order_events", ["order_id", "id"], unique=False)
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True, comment="null once the customer's data was erased"),
        sa.Column("locale", sa.Text(), server_default="en", nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("product_name", sa.Text(), nullable=False),
        sa.Column("kinguin_product_id", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=True),
        sa.Column(
            "price_ceiling",
            sa.Numeric(precision=12, scale=2),
            nullable=False,
            comment="the most we pay Kinguin for one unit",
        ),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="created", nullable=False),
        sa.Column("status_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("refund_due", sa.Numeric(precision=12, scale=2), nullable=True, comment="in the order's currency"),
        sa.Column("refund_reason", sa.Text(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column(
            "idempotency_fingerprint",
            sa.LargeBinary(),
            nullable=True,
            comment="SHA-256 of the request that used the key",
        ),
        sa.Column("session_token_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of x-order-session-token"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount = unit_price * quantity", name=op.f("ck_orders_amount")),
        sa.CheckConstraint("quantity between 1 and 100", name=op.f("ck_orders_quantity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_orders_idempotency_key")),
    )
    op.create_index("ix_orders_created_at_id", "orders", ["created_at", "id"], unique=False)
    op.create_index("ix_orders_email_lower", "orders", [sa.literal_column("lower(email)")], unique=False)
    op.create_index("ix_orders_status_since", "orders", ["status", "status_since"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7: publication order, and the event's ce_id"),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column(
            "instance",
            sa.BigInteger(),
            nullable=False,
            comment="the process that publishes it; an advisory lock",
        ),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_instance_id", "outbox", ["instance", "id"], unique=False)
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True, comment="null where the money fits no order of ours"),
        sa.Column("provider", sa.Text(), server_default="nowpayments", nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False, comment="the provider's id, plain digits"),
        sa.Column("invoice_id", sa.Text(), nullable=True),
        sa.Column(
            "parent_payment_id",
            sa.Text(),
            nullable=True,
            comment="a second deposit, or one in a wrong coin, is a child payment",
        ),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("price_amount", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("price_currency", sa.Text(), nullable=True),
        sa.Column("pay_amount", sa.Numeric(), nullable=True),
        sa.Column("pay_currency", sa.Text(), nullable=True),
        sa.Column("actually_paid", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("pay_address", sa.Text(), nullable=True),
        sa.Column(
            "payin_extra_id",
            sa.Text(),
            nullable=True,
            comment="memo, without which XRP, XLM and the like are not detected",
        ),
        sa.Column("network", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "settled_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="booked in full on its order: nothing more to ask",
        ),
        sa.Column("asked_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "next_ask_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the reconciler asks the provider next; null: never",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("provider", "payment_id", name=op.f("uq_payments_provider_payment_id")),
    )
    op.create_index("ix_payments_created_at_id", "payments", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_payments_invoice_id",
        "payments",
        ["invoice_id"],
        unique=False,
        postgresql_where=sa.text("invoice_id is not null"),
    )
    op.create_index(
        "ix_payments_next_ask_at",
        "payments",
        ["next_ask_at"],
        unique=False,
        postgresql_where=sa.text("next_ask_at is not null"),
    )
    op.create_index("ix_payments_order_id", "payments", ["order_id"], unique=False)
    op.create_table(
        "products",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kinguin_product_id", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=True),
        sa.Column("price_ceiling", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("quantity_max", sa.Integer(), server_default="10", nullable=False),
        sa.Column("activation", sa.Text(), nullable=True, comment="how to activate, shown on the link page"),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint("price > 0", name=op.f("ck_products_price")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
    )
    op.create_table(
        "reservations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("api", sa.Text(), nullable=False, comment="reservations or esa"),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="1, then one more for each further offer tried"),
        sa.Column("external_id", sa.Text(), nullable=False, comment="idempotency key at Kinguin"),
        sa.Column(
            "reservation_id",
            sa.Text(),
            nullable=True,
            comment="Kinguin's id; null while only the intent is committed",
        ),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column(
            "price",
            sa.Numeric(precision=12, scale=2),
            nullable=True,
            comment="what Kinguin charged for one unit",
        ),
        sa.Column("status", sa.Text(), server_default="intended", nullable=False),
        sa.Column("provider_status", sa.Text(), nullable=True),
        sa.Column("provider_updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("codes_delivered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("asked_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "next_ask_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the reconciler asks Kinguin next; null: never",
        ),
        sa.Column("intended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "requested_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the first call may have left: from here on look up, never re-buy",
        ),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
        sa.UniqueConstraint("api", "reservation_id", name=op.f("uq_reservations_api_reservation_id")),
        sa.UniqueConstraint("external_id", name=op.f("uq_reservations_external_id")),
        sa.UniqueConstraint("order_id", "attempt", name=op.f("uq_reservations_order_id_attempt")),
    )
    op.create_index(
        "ix_reservations_next_ask_at",
        "reservations",
        ["next_ask_at"],
        unique=False,
        postgresql_where=sa.text("next_ask_at is not null"),
    )
    op.create_index("ix_reservations_reservation_id", "reservations", ["reservation_id"], unique=False)
    op.create_index("ix_reservations_status_intended_at", "reservations", ["status", "intended_at"], unique=False)
    op.create_table(
        "webhook_logs",
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7, also the outbox row's and the event's ce_id"),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False, comment="what the provider's class says makes it unique"),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.Column("reservation_id", sa.Text(), nullable=True),
        sa.Column(
            "headers",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="secrets and signatures redacted",
        ),
        sa.Column(
            "body",
            sa.LargeBinary(),
            nullable=True,
            comment="byte for byte, a code in it redacted; null after retention",
        ),
        sa.Column("source_address", sa.Text(), nullable=True),
        sa.Column(
            "secret_id",
            sa.Text(),
            nullable=True,
            comment="which of the valid secrets matched: current or previous",
        ),
        sa.Column("trace_id", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("duplicates", sa.Integer(), server_default="0", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("partition", sa.Integer(), nullable=True),
        sa.Column("offset", sa.BigInteger(), nullable=True),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("outcome in ('accepted', 'ignored', 'invalid')", name=op.f("ck_webhook_logs_outcome")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_logs")),
        sa.UniqueConstraint(
            "provider",
            "external_id",
            "event_type",
            name=op.f("uq_webhook_logs_provider_external_id_event_type"),
        ),
    )
    op.create_index(
        "ix_webhook_logs_order_id",
        "webhook_logs",
        ["order_id"],
        unique=False,
        postgresql_where=sa.text("order_id is not null"),
    )
    op.create_index(
        "ix_webhook_logs_payment_id",
        "webhook_logs",
        ["payment_id"],
        unique=False,
        postgresql_where=sa.text("payment_id is not null"),
    )
    op.create_index(
        "ix_webhook_logs_provider_event_type_id",
        "webhook_logs",
        ["provider", "event_type", "id"],
        unique=False,
    )
    op.create_index(
        "ix_webhook_logs_reservation_id",
        "webhook_logs",
        ["reservation_id"],
        unique=False,
        postgresql_where=sa.text("reservation_id is not null"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_webhook_logs_reservation_id",
        table_name="webhook_logs",
        postgresql_where=sa.text("reservation_id is not null"),
    )
    op.drop_index("ix_webhook_logs_provider_event_type_id", table_name="webhook_logs")
    op.drop_index(
        "ix_webhook_logs_payment_id",
        table_name="webhook_logs",
        postgresql_where=sa.text("payment_id is not null"),
    )
    op.drop_index(
        "ix_webhook_logs_order_id",
        table_name="webhook_logs",
        postgresql_where=sa.text("order_id is not null"),
    )
    op.drop_table("webhook_logs")
    op.drop_index("ix_reservations_status_intended_at", table_name="reservations")
    op.drop_index("ix_reservations_reservation_id", table_name="reservations")
    op.drop_index(
        "ix_reservations_next_ask_at",
        table_name="reservations",
        postgresql_where=sa.text("next_ask_at is not null"),
    )
    op.drop_table("reservations")
    op.drop_table("products")
    op.drop_index("ix_payments_order_id", table_name="payments")
    op.drop_index("ix_payments_next_ask_at", table_name="payments", postgresql_where=sa.text("next_ask_at is not null"))
    op.drop_index("ix_payments_invoice_id", table_name="payments", postgresql_where=sa.text("invoice_id is not null"))
    op.drop_index("ix_payments_created_at_id", table_name="payments")
    op.drop_table("payments")
    op.drop_index("ix_outbox_instance_id", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("ix_orders_status_since", table_name="orders")
    op.drop_index("ix_orders_email_lower", table_name="orders")
    op.drop_index("ix_orders_created_at_id", table_name="orders")
    op.drop_table("orders")
    op.drop_index("ix_order_events_order_id_id", table_name="order_events")
    op.drop_table("order_events")
    op.drop_index("ix_links_order_id", table_name="links")
    op.drop_table("links")
    op.drop_index("ix_link_views_order_id_at", table_name="link_views")
    op.drop_table("link_views")
    op.drop_index("ix_keys_kid", table_name="keys")
    op.drop_table("keys")
    op.drop_index("ix_inbox_at", table_name="inbox")
    op.drop_table("inbox")
    op.drop_index("ix_deliveries_pending", table_name="deliveries", postgresql_where=sa.text("status = 'pending'"))
    op.drop_table("deliveries")
    op.drop_index("ix_dead_letters_state_fingerprint", table_name="dead_letters")
    op.drop_index("ix_dead_letters_order_id", table_name="dead_letters")
    op.drop_index("ix_dead_letters_dead_at_id", table_name="dead_letters")
    op.drop_table("dead_letters")
    op.drop_index("ix_audit_log_at", table_name="audit_log")
    op.drop_table("audit_log")
