"""Alembic's environment: runs the migrations over asyncpg, under a lock so that two jobs do not race."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bitloot_common.tables import metadata

MIGRATION_LOCK = 0x6269746C6F6F74  # "bitloot"


def run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=metadata, compare_type=True, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    engine = create_async_engine(context.config.attributes["database_url"], poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
        # a migration that cannot get its table quickly fails and is repeated, instead of queueing all writers
        await connection.execute(text("set lock_timeout = '5s'"))
        await connection.commit()
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


asyncio.run(main())
