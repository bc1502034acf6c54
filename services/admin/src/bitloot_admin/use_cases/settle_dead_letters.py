"""Discards dead letters, takes a discard back, aborts a job, notes what is known about a group."""

from typing import Literal
from uuid import UUID

from bitloot_admin import audit
from bitloot_admin.models.dead_letters import Acted, LetterAct
from bitloot_admin.store import dead_letters, jobs
from bitloot_admin.use_cases.plan_replay import whole
from bitloot_common.db import Pool
from bitloot_common.deadletters import State, table
from bitloot_common.problem import Conflict, NotFound


async def settle(pool: Pool, act: Literal["discard", "restore"], wanted: LetterAct, *, actor: str) -> Acted:
    """Changes the letters that are in the state for it; with `dryRun` says how many those are.

    Raises Unprocessable when more letters are meant than one act takes.
    """
    before = State.OPEN if act == "discard" else State.DISCARDED
    async with pool.acquire() as connection, connection.transaction():
        letters = await whole(connection, wanted.selection(before))
        ids = [letter.id for letter in letters if letter.state is before]
        if wanted.dry_run:
            return Acted(selected=len(letters), changed=len(ids), dry_run=True)
        change = table.discard if act == "discard" else table.restore
        changed = await change(connection, ids, actor=actor, reason=wanted.reason or None)
    return Acted(selected=len(letters), changed=len(changed), dry_run=False)


async def abort_job(pool: Pool, job_id: UUID, *, actor: str, reason: str = "") -> None:
    """The job stops after the batch that it sends now. Raises NotFound, or Conflict when it is over."""
    if await jobs.find(pool, job_id) is None:
        raise NotFound(f"There is no job {job_id}.")
    async with pool.acquire() as connection, connection.transaction():
        if not await jobs.abort(connection, job_id, actor):
            raise Conflict("The job is over.")
        await audit.write(connection, actor, "job.aborted", f"job:{job_id}", reason=reason)


async def note_group(pool: Pool, fingerprint: str, note: str, *, actor: str, reason: str = "") -> None:
    """Replaces the group's note. Raises NotFound."""
    if not await dead_letters.groups(pool, None, fingerprint):
        raise NotFound(f"There is no group {fingerprint}.")
    async with pool.acquire() as connection, connection.transaction():
        await dead_letters.write_note(connection, fingerprint, note, actor)
        await audit.write(
            connection, actor, "group.noted", f"group:{fingerprint}", reason=reason, detail={"note": note}
        )
