"""Outages: when a service said that a dependency was away, and until when."""

from bitloot_common.db import Pool
from bitloot_common.ids import new_id

from bitloot_admin.models.outages import Outage


async def note(pool: Pool, service: str, broken: dict[str, str]) -> None:
    """Opens an outage per broken dependency that has none open, and ends those that are well again."""
    async with pool.acquire() as connection, connection.transaction():
        for dependency, detail in broken.items():
            await connection.execute(
                "insert into outages (id, service, dependency, detail) values ($1, $2, $3, left($4, 500)) "
                "on conflict (service, dependency) where ended_at is null do nothing",
                new_id(),
                service,
                dependency,
                detail,
            )
        await connection.execute(
            "update outages set ended_at = now() "
            "where service = $1 and ended_at is null and dependency <> all($2::text[])",
            service,
            list(broken),
        )


async def latest(pool: Pool, limit: int = 100) -> list[Outage]:
    """The newest outages; those that go on come first."""
    rows = await pool.fetch(
        "select id, service, dependency, detail, began_at, ended_at from outages "
        "order by (ended_at is null) desc, id desc limit $1",
        limit,
    )
    return [Outage.model_validate(dict(row)) for row in rows]
