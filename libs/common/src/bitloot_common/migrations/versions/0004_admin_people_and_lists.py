"""who may use admin (people, sessions, API tokens), bulk jobs, saved views, and the indexes of its lists

Revision: 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


GRANTS = {
    "people": "select, insert, update",
    "sessions": "select, insert, update, delete",
    "api_tokens": "select, insert, update",
    "saved_views": "select, insert, delete",
    "jobs": "select, insert, update",
}


def upgrade() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of a random token"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "scopes",
            postgresql.ARRAY(sa.Text()),
            nullable=True,
            comment="rights it may use of its role's; null: all of them",
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True, comment="to the minute"),
        sa.CheckConstraint("role in ('viewer', 'operator', 'admin')", name=op.f("ck_api_tokens_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="dead_letters.replay, webhooks.replay, …"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "selection",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="which messages: ids, a group or a filter",
        ),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('running', 'finished', 'aborted', 'failed')", name=op.f("ck_jobs_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_created_at", "jobs", ["created_at"], unique=False)
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True, comment="argon2id; null: signs in through OIDC only"),
        sa.Column("oidc_subject", sa.Text(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_sign_ins", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sign_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role in ('viewer', 'operator', 'admin')", name=op.f("ck_people_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("oidc_subject", name=op.f("uq_people_oidc_subject")),
    )
    op.create_index("uq_people_email_lower", "people", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False, comment="the page's query string, as it stands in the URL"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("person_id", "page", "name", name=op.f("uq_saved_views_person_id_page_name")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the cookie's random token"),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"], unique=False)
    op.create_index("ix_audit_log_actor_id", "audit_log", ["actor", "id"], unique=False)
    op.create_index("ix_audit_log_target_id", "audit_log", ["target", "id"], unique=False)
    op.create_index("ix_dead_letters_state_dead_at_id", "dead_letters", ["state", "dead_at", "id"], unique=False)
    op.create_index(
        "ix_orders_email_prefix",
        "orders",
        [sa.literal_column("lower(email)").label("email_prefix"), "id"],
        unique=False,
        postgresql_ops={"email_prefix": "text_pattern_ops"},
    )
    op.create_index("ix_deliveries_status_id", "deliveries", ["status", "id"], unique=False)
    op.create_index("ix_payments_status_id", "payments", ["status", "id"], unique=False)
    op.create_index(
        "ix_payments_orphaned", "payments", ["id"], unique=False, postgresql_where=sa.text("order_id is null")
    )
    op.create_index("ix_orders_status_since_id", "orders", ["status_since", "id"], unique=False)
    op.create_index(
        "ix_orders_refund_due", "orders", ["id"], unique=False, postgresql_where=sa.text("refund_due is not null")
    )
    op.create_index("ix_orders_status_id", "orders", ["status", "id"], unique=False)
    op.create_index("ix_reservations_status_id", "reservations", ["status", "id"], unique=False)
    op.create_index(
        "ix_webhook_logs_not_accepted",
        "webhook_logs",
        ["outcome", "id"],
        unique=False,
        postgresql_where=sa.text("outcome <> 'accepted'"),
    )
    for table, privileges in GRANTS.items():
        op.execute(f"grant {privileges} on {table} to bitloot_admin")


def downgrade() -> None:
    op.drop_index(
        "ix_webhook_logs_not_accepted", table_name="webhook_logs", postgresql_where=sa.text("outcome <> 'accepted'")
    )
    op.drop_index("ix_reservations_status_id", table_name="reservations")
    op.drop_index("ix_deliveries_status_id", table_name="deliveries")
    op.drop_index("ix_payments_status_id", table_name="payments")
    op.drop_index("ix_payments_orphaned", table_name="payments", postgresql_where=sa.text("order_id is null"))
    op.drop_index("ix_orders_status_since_id", table_name="orders")
    op.drop_index("ix_orders_refund_due", table_name="orders", postgresql_where=sa.text("refund_due is not null"))
    op.drop_index("ix_orders_status_id", table_name="orders")
    op.drop_index("ix_orders_email_prefix", table_name="orders")
    op.drop_index("ix_dead_letters_state_dead_at_id", table_name="dead_letters")
    op.drop_index("ix_audit_log_target_id", table_name="audit_log")
    op.drop_index("ix_audit_log_actor_id", table_name="audit_log")
    op.drop_index("ix_sessions_person_id", table_name="sessions")
    op.drop_index("ix_sessions_expires_at", table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("saved_views")
    op.drop_index("uq_people_email_lower", table_name="people")
    op.drop_table("people")
    op.drop_index("ix_jobs_created_at", table_name="jobs")
    op.drop_table("jobs")
    op.drop_table("api_tokens")
