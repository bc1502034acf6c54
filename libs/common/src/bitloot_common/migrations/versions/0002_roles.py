"""One database role per service, and what each may write.

Revision: 0002, after 0001.

Every service reads what it needs and writes only what it owns; all append to the timeline and write their
own outbox and inbox rows. The roles cannot log in until `bitloot db upgrade` gives them a password.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PIPELINE = {
    "outbox": "select, insert, delete, update (instance)",
    "inbox": "select, insert, delete",
    "order_events": "select, insert",
    "orders": "select",
    "products": "select",
}

GRANTS: dict[str, dict[str, str]] = {
    "ingress": _PIPELINE
    | {
        "orders": "select, insert",
        "payments": "select, insert",
        "webhook_logs": 'select, insert, update (duplicates, last_seen_at, topic, "partition", "offset", replayed_at)',
    },
    "fulfillment": _PIPELINE
    | {
        "orders": "select, update (status, status_since, refund_due, refund_reason, updated_at)",
        "payments": "select, insert, update",
        "reservations": "select, insert, update",
        "webhook_logs": "select",
        "keys": "select",
    },
    "delivery": _PIPELINE
    | {
        "keys": "select, insert, update",
        "links": "select, insert, update",
        "link_views": "select, insert",
        "deliveries": "select, insert, update",
        "reservations": "select",
    },
    "admin": _PIPELINE
    | {
        "products": "select, insert, update",
        "dead_letters": "select, insert, update",
        "audit_log": "select, insert",
        "payments": "select",
        "webhook_logs": "select",
        "reservations": "select",
        "keys": "select",
        "links": "select",
        "link_views": "select",
        "deliveries": "select",
    },
}


def upgrade() -> None:
    for service, tables in GRANTS.items():
        role = f"bitloot_{service}"
        # roles belong to the cluster, not to the database: a second database finds them there, and two
        # databases migrated at once may both try
        op.execute(
            f"do $$ begin create role {role} nologin; "
            "exception when duplicate_object or unique_violation then null; end $$"
        )
        op.execute(f"grant usage on schema public to {role}")
        op.execute(f"grant select on alembic_version to {role}")
        for table, privileges in tables.items():
            op.execute(f"grant {privileges} on {table} to {role}")


def downgrade() -> None:
    for service in GRANTS:
        op.execute(f"drop owned by bitloot_{service}")
