"""admin has its own outbox rows only, sign-ins lock per address, tokens have names of their own, indexes of filters

Revision: 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


UNUSED = ("failed_sign_ins", "locked_until")  # the version before reads them: they go with the next release
PIPELINE = "bitloot_ingress, bitloot_fulfillment, bitloot_delivery"


def upgrade() -> None:
    # Admin reads the whole outbox, to count what waits, and writes and takes away its own rows only. For the services
    # of the pipeline the policy is a constant: with their own names in it ingress's inserts took a fifth longer.
    op.execute("alter table outbox enable row level security")
    op.execute("create policy outbox_read_admin on outbox for select to bitloot_admin using (true)")
    op.execute(f"create policy outbox_pipeline on outbox for all to {PIPELINE} using (true) with check (true)")
    own = "service = 'admin'"
    op.execute(f"create policy outbox_insert_admin on outbox for insert to bitloot_admin with check ({own})")
    op.execute(f"create policy outbox_update_admin on outbox for update to bitloot_admin using ({own})")
    op.execute(f"create policy outbox_delete_admin on outbox for delete to bitloot_admin using ({own})")
    # admin consumes nothing by the inbox; it reads there what has been handled
    op.execute("revoke insert, delete on inbox from bitloot_admin")
    op.create_table(
        "sign_in_failures",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="whence; who guesses elsewhere locks nobody out here"),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "address", name=op.f("pk_sign_in_failures")),
    )
    op.execute("grant select, insert, update, delete on sign_in_failures to bitloot_admin")
    for column in UNUSED:
        op.execute(f"comment on column people.{column} is 'unused since sign_in_failures'")
    # of tokens of one name the first keeps it; the others get their id's tail behind it
    op.execute(
        "update api_tokens t set name = name || ' ' || right(id::text, 8) where exists "
        "(select from api_tokens o where lower(o.name) = lower(t.name) and o.id < t.id) or lower(name) = 'bootstrap'"
    )
    op.create_index("uq_api_tokens_name_lower", "api_tokens", [sa.text("lower(name)")], unique=True)
    op.create_index("ix_audit_log_action_id", "audit_log", ["action", "id"], unique=False)
    op.create_index("ix_dead_letters_event_id", "dead_letters", ["event_id"], unique=False)
    op.create_index("ix_dead_letters_fingerprint_dead_at_id", "dead_letters", ["fingerprint", "dead_at", "id"])


def downgrade() -> None:
    op.execute("grant insert, delete on inbox to bitloot_admin")
    for name in ("pipeline", "read_admin", "insert_admin", "update_admin", "delete_admin"):
        op.execute(f"drop policy outbox_{name} on outbox")
    op.execute("alter table outbox disable row level security")
    op.drop_index("ix_dead_letters_fingerprint_dead_at_id", table_name="dead_letters")
    op.drop_index("ix_dead_letters_event_id", table_name="dead_letters")
    op.drop_index("ix_audit_log_action_id", table_name="audit_log")
    op.drop_index("uq_api_tokens_name_lower", table_name="api_tokens")
    for column in UNUSED:
        op.execute(f"comment on column people.{column} is null")
    op.drop_table("sign_in_failures")
