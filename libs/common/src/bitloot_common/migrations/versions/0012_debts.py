"""a payment keeps what is wrong with it, and an order since when it owes money: not every debt is a state or a sum

Revision: 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "payments",
        sa.Column("problem", sa.Text(), nullable=True, comment="what does not fit the order: its money pays nothing"),
    )
    op.add_column(
        "orders",
        sa.Column(
            "refund_due_since",
            sa.TIMESTAMP(timezone=True),
            nullable=True,
            comment="when money began to be owed, also where nobody can say how much; null: none is",
        ),
    )
    op.execute("update orders set refund_due_since = updated_at where refund_due > 0 or status = 'refund_due'")
    op.drop_index("ix_orders_refund_due", table_name="orders")
    op.create_index(
        "ix_orders_owing", "orders", ["id"], unique=False, postgresql_where=sa.text("refund_due_since is not null")
    )
    op.execute("grant update (refund_due_since) on orders to bitloot_fulfillment")


def downgrade() -> None:
    op.drop_index("ix_orders_owing", table_name="orders")
    op.create_index(
        "ix_orders_refund_due", "orders", ["id"], unique=False, postgresql_where=sa.text("refund_due is not null")
    )
    op.drop_column("orders", "refund_due_since")
    op.drop_column("payments", "problem")
