"""a purchase keeps the trace that made it: Kinguin's webhooks carry none, and the order's story is to be one

Revision: 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "reservations",
        sa.Column("traceparent", sa.Text(), nullable=True, comment="W3C Trace Context of the attempt that intended it"),
    )


def downgrade() -> None:
    op.drop_column("reservations", "traceparent")
