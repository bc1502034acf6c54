"""The one Alembic history of the shared database. Expand first, contract in a later release."""
