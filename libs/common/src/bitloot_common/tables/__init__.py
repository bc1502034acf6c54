"""The shared database as SQLAlchemy Core tables, one module per owner. Importing this loads all of them.

The tables are the schema's declaration (Alembic compares against them) and what admin builds its
filters on; the services' hot statements are plain SQL in their own `store.py`.
"""

from bitloot_common.tables import admin, delivery, fulfillment, ingress, messaging
from bitloot_common.tables.metadata import metadata

__all__ = ["admin", "delivery", "fulfillment", "ingress", "messaging", "metadata"]
