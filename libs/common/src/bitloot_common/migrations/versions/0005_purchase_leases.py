"""A purchase is leased to the handler that talks to Kinguin about it.

Revision: 0005, after 0004.

`fence` grows with every lease: a handler that lost its lease finds another number and keeps its hands off.
`none_*` remember how often Kinguin's search has said that an ambiguous purchase does not exist; a purchase is
repeated only when it has said so often enough. `parts_requested` is the last part that delivery was asked for.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reservations", sa.Column("fence", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "reservations",
        sa.Column("lease_owner", sa.BigInteger(), nullable=True, comment="the outbox instance that holds the lease"),
    )
    op.add_column("reservations", sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("reservations", sa.Column("none_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("reservations", sa.Column("none_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("reservations", sa.Column("parts_requested", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    for column in ("parts_requested", "none_since", "none_count", "lease_until", "lease_owner", "fence"):
        op.drop_column("reservations", column)
