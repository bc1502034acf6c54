"""A keys row is committed before its object is put, and a mail's sender holds a lease.

Revision: 0003, after 0002.

The row carries the wrapped data key from the start. A crash after the PUT and before the commit then leaves an
object that the row's key opens, instead of one that nothing opens. Delivery may blank what a view recorded of
its reader once retention ends.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column(
        "keys",
        "codes_count",
        server_default="0",
        comment="0 while only the intent is committed",
        existing_nullable=False,
    )
    op.alter_column("keys", "object_sha256", nullable=True, comment="null while only the intent is committed")
    op.alter_column(
        "keys",
        "wrapped_key",
        comment="the data key as a compact JWE under the key ring; '' once deleted",
        existing_comment="the data key as a compact JWE under the key ring",
        existing_nullable=False,
    )
    op.alter_column(
        "keys",
        "sealed_at",
        nullable=True,
        server_default=None,
        comment="null: the data key is committed, the object may or may not be there",
    )
    op.add_column(
        "keys",
        sa.Column("intended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.add_column(
        "deliveries",
        sa.Column(
            "claimed_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="a sender is at work; after this it is taken for dead",
        ),
    )
    op.execute("grant update (address, user_agent) on link_views to bitloot_delivery")


def downgrade() -> None:
    op.execute("revoke update (address, user_agent) on link_views from bitloot_delivery")
    op.drop_column("deliveries", "claimed_until")
    op.drop_column("keys", "intended_at")
    op.execute("delete from keys where sealed_at is null")
    op.alter_column("keys", "sealed_at", nullable=False, server_default=sa.text("now()"), comment=None)
    op.alter_column("keys", "wrapped_key", comment="the data key as a compact JWE under the key ring")
    op.alter_column("keys", "object_sha256", nullable=False, comment=None)
    op.alter_column("keys", "codes_count", server_default=None, comment=None)
