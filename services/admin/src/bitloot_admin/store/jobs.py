"""Bulk actions: what was asked, how far it is, how it ended."""

from typing import Any
from uuid import UUID

from bitloot_common.db import Connection, Pool
from bitloot_common.ids import new_id

from bitloot_admin.models.dead_letters import Job

_COLUMNS = """
id, kind, actor, reason, selection, state, total, done, failed, report, created_at, touched_at, finished_at
"""


async def insert(
    connection: Connection, *, kind: str, actor: str, reason: str, selection: dict[str, Any], total: int
) -> Job:
    """A new job, running."""
    row = await connection.fetchrow(
        "insert into jobs (id, kind, actor, reason, selection, total) values ($1, $2, $3, $4, $5, $6) "  # noqa: S608
        f"returning {_COLUMNS}",
        new_id(),
        kind,
        actor,
        reason or None,
        selection,
        total,
    )
    assert row is not None, "an insert returns its row"
    return Job.model_validate(dict(row))


async def running(connection: Connection, kind: str) -> int:
    """How many jobs of `kind` run, anywhere. Whoever asks next waits for the end of the caller's transaction."""
    await connection.execute("select pg_advisory_xact_lock(hashtext('jobs ' || $1))", kind)
    count: int = await connection.fetchval(
        "select count(*) from jobs where kind = $1 and state = 'running' and not selection ? 'edited'", kind
    )
    return count


async def find(pool: Pool, job_id: UUID) -> Job | None:
    """One job."""
    row = await pool.fetchrow(f"select {_COLUMNS} from jobs where id = $1", job_id)  # noqa: S608
    return Job.model_validate(dict(row)) if row else None


async def latest(pool: Pool) -> list[Job]:
    """The newest hundred."""
    rows = await pool.fetch(f"select {_COLUMNS} from jobs order by created_at desc limit 100")  # noqa: S608
    return [Job.model_validate(dict(row)) for row in rows]


async def touch(pool: Pool, job_id: UUID, *, done: int, failed: int) -> bool:
    """Notes how far it is. False: it is to stop, for somebody has aborted it."""
    return bool(
        await pool.fetchval(
            "update jobs set done = $2, failed = $3, touched_at = now() where id = $1 and state = 'running' "
            "returning true",
            job_id,
            done,
            failed,
        )
    )


async def take_lost(pool: Pool, *, lost_s: float, but: list[UUID]) -> list[Job]:
    """The running jobs of which nobody has heard for `lost_s` seconds; they are the caller's now."""
    rows = await pool.fetch(
        "update jobs set touched_at = now() where state = 'running' "  # noqa: S608
        f"and touched_at < now() - make_interval(secs => $1) and id <> all($2) returning {_COLUMNS}",
        lost_s,
        but,
    )
    return [Job.model_validate(dict(row)) for row in rows]


async def let_go(pool: Pool, job_id: UUID) -> None:
    """Leaves a running job to whoever looks for lost ones next."""
    await pool.execute("update jobs set touched_at = 'epoch' where id = $1 and state = 'running'", job_id)


async def finish(pool: Pool, job_id: UUID, state: str, *, done: int, failed: int, report: dict[str, Any]) -> None:
    """Ends it; one that was aborted stays aborted."""
    await pool.execute(
        "update jobs set state = case when state = 'running' then $2 else state end, done = $3, failed = $4, "
        "report = report || $5::jsonb, touched_at = now(), finished_at = now() where id = $1",
        job_id,
        state,
        done,
        failed,
        report,
    )


async def abort(connection: Connection, job_id: UUID, actor: str) -> bool:
    """Tells it to stop after the batch that it sends now. False when it is over."""
    return bool(
        await connection.fetchval(
            "update jobs set state = 'aborted', report = report || jsonb_build_object('abortedBy', $2::text) "
            "where id = $1 and state = 'running' returning true",
            job_id,
            actor,
        )
    )
