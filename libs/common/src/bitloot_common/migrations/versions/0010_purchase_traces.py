"""a purchase keeps the trace that made it: Kinguin's webhooks carry none, and the order's story is to be one

Revision: 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "reservations",
        sa.Column("traceparent", sa.Text(), nullable=True, comment="W3C Trace Context of the attempt that intended it"),
    )


def downgrade() -> None:
    op.drop_column("reservations", "traceparent")
