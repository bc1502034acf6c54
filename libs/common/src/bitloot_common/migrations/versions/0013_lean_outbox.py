"""an outbox row is written, read once and deleted: one index instead of two, headers as text that is only checked

Revision: 0013, after 0012.

Every message of every service passes here, and ingress's door waits for the insert. Both statements of the relay
know the instance, so the primary key can be the index they read by. `jsonb` was built and written out again
for a reader that takes the text apart itself.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table outbox alter column headers type json using headers::json")
    op.execute("alter table outbox drop constraint pk_outbox")
    op.execute("drop index ix_outbox_instance_id")
    op.execute("alter table outbox add constraint pk_outbox primary key (instance, id)")


def downgrade() -> None:
    op.execute("alter table outbox drop constraint pk_outbox")
    op.execute("alter table outbox add constraint pk_outbox primary key (id)")
    op.execute("create index ix_outbox_instance_id on outbox (instance, id)")
    op.execute("alter table outbox alter column headers type jsonb using headers::jsonb")
