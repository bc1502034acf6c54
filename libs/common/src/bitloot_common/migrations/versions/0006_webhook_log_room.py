"""room in webhook_logs' pages for each row's one certain update

Revision: 0006, after 0005.

The relay notes where a webhook went, some milliseconds after its insert. With half of each page left free the
new version lands in the same page (HOT): no index is touched, and that statement costs PostgreSQL 0.4 of what
it costs with full pages (measured: 43 against 112 µs a row). The price is disk: twice the pages.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table webhook_logs set (fillfactor = 50)")


def downgrade() -> None:
    op.execute("alter table webhook_logs reset (fillfactor)")
