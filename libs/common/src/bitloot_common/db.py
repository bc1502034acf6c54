"""PostgreSQL connections: asyncpg, JSON as Python objects, a limit on everything."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import orjson

from bitloot_common.settings import DatabaseSettings

CLOSE_S_MAX: Final = 2.0

# asyncpg's classes are generic in its stubs only: at run time they cannot be subscripted
if TYPE_CHECKING:
    OwnConnection = asyncpg.Connection[asyncpg.Record]  # of no pool: `terminate()` works at once
    Connection = OwnConnection | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Connection = OwnConnection = Pool = Any


async def prepare(connection: Any) -> None:
    """Teaches a new connection our types: jsonb is a Python object, decoded by orjson."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=_encode, decoder=orjson.loads, format="text")


def _encode(value: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class _Pooled(asyncpg.Connection):
    """Goes back into the pool as it is: we change session state by `set local` alone, and the query that
    would reset it costs a round trip for every transaction. An open transaction is rolled back all the same."""

    def get_reset_query(self) -> str:
        return ""


class _Patience(asyncpg.pool.Pool):
    """Waits `acquire_s_max` for a free connection, then raises TimeoutError; None: for ever, as asyncpg does."""

    acquire_s_max: float | None = None

    def acquire(self, *, timeout: float | None = None) -> Any:
        return super().acquire(timeout=self.acquire_s_max if timeout is None else timeout)


async def open_pool(
    settings: DatabaseSettings, *, application: str, acquire_s_max: float | None = None, **server_settings: str
) -> Pool:
    """Opens a pool; `application` is shown in pg_stat_activity, `server_settings` hold for its connections.
    With `acquire_s_max`, whoever has waited so long for one of them gets TimeoutError.

    Raises OSError or asyncpg.PostgresError when the database cannot be reached.
    """
    # as asyncpg.create_pool makes one, which offers no class of one's own
    pool = _Patience(
        settings.database_url,
        min_size=1,
        max_size=settings.database_pool_size_max,
        max_queries=50_000,
        max_inactive_connection_lifetime=300.0,
        loop=None,
        record_class=asyncpg.Record,
        command_timeout=settings.database_command_timeout_s,
        timeout=5,
        init=prepare,
        connection_class=_Pooled,
        server_settings={
            "application_name": application,
            "idle_in_transaction_session_timeout": "60000",
            **server_settings,
        },
    )
    pool.acquire_s_max = acquire_s_max
    return await pool


async def close_pool(pool: Pool) -> None:
    """Within two seconds: a server that does not answer must not hold the process."""
    try:
        async with asyncio.timeout(CLOSE_S_MAX):
            await pool.close()
    except TimeoutError:
        pool.terminate()
