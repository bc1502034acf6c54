"""outages: when a service said that a dependency was away, and until when

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False, comment="who said so"),
        sa.Column("dependency", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outages")),
    )
    op.create_index(
        "uq_outages_open",
        "outages",
        ["service", "dependency"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.execute("grant select, insert, update on outages to bitloot_admin")


def downgrade() -> None:
    op.drop_index("uq_outages_open", table_name="outages", postgresql_where=sa.text("ended_at is null"))
    op.drop_table("outages")
