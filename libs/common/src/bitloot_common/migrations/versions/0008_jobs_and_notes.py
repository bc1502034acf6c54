"""a job's last sign of life, and notes on groups of dead letters

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "jobs",
        sa.Column("touched_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.create_table(
        "dead_letter_groups",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, comment="what is known about this failure"),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_dead_letter_groups")),
    )
    op.execute("grant select, insert, update on dead_letter_groups to bitloot_admin")


def downgrade() -> None:
    op.drop_table("dead_letter_groups")
    op.drop_column("jobs", "touched_at")
