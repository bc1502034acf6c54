"""product_notes: what Kinguin says of a product's region and activation, for the link page

Revision: 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "product_notes",
        sa.Column("kinguin_product_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column(
            "countries_excluded", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False, comment="ISO 3166"
        ),
        sa.Column("activation", sa.Text(), nullable=True, comment="plain text, written by sellers"),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=True, comment="null: asked, never answered"),
        sa.PrimaryKeyConstraint("kinguin_product_id", name=op.f("pk_product_notes")),
    )
    op.execute("grant select, insert, update on product_notes to bitloot_delivery")
    op.execute("grant select on product_notes to bitloot_admin")


def downgrade() -> None:
    op.drop_table("product_notes")
