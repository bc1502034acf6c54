"""/admin/dead-letters: find, group, show; dry run, replay, edit, discard, restore. /admin/jobs: how far."""

from typing import Annotated
from uuid import UUID

from bitloot_common.deadletters import Selection
from bitloot_common.problem import NotFound
from fastapi import Depends, Query, Response
from fastapi.responses import StreamingResponse

from bitloot_admin.access import LOOK, Editor, Looker, Operator, router
from bitloot_admin.api.export import CSV, Format, stream_csv
from bitloot_admin.api.tags import UNCHANGED, IfNoneMatch, tagged
from bitloot_admin.models.dead_letters import (
    Acted,
    DeadLetterDetail,
    DeadLetterFilter,
    DeadLetterSummary,
    EditRequest,
    Groups,
    Job,
    Jobs,
    LetterAct,
    LetterState,
    Note,
    ReplayAnswer,
    ReplayRequest,
)
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import dead_letters, jobs
from bitloot_admin.use_cases.command_order import Why
from bitloot_admin.use_cases.plan_replay import plan_replay
from bitloot_admin.use_cases.settle_dead_letters import abort_job as stop_job
from bitloot_admin.use_cases.settle_dead_letters import note_group, settle
from bitloot_admin.use_cases.show_dead_letter import show_dead_letter

routes = router("dead letters", prefix="/admin")


class DeadLettersQuery(DeadLetterFilter, PageRequest):
    """Filter, order, page and format."""

    format: Format = "json"


@routes.get("/dead-letters", summary="Dead letters", response_model=Page[DeadLetterSummary], responses=CSV)
async def list_dead_letters(
    parts: UsesParts, who: Looker, query: Annotated[DeadLettersQuery, Query()]
) -> Page[DeadLetterSummary] | StreamingResponse:
    """A page of dead letters, newest first."""
    if query.format == "csv":
        return await stream_csv(
            "dead-letters", parts.pool, dead_letters.listing(query), DeadLetterSummary, query, actor=who.actor
        )
    return await dead_letters.list_dead_letters(parts.pool, query, query)


@routes.get("/dead-letters/groups", summary="Groups of equal failures", dependencies=[Depends(LOOK)])
async def list_dead_letter_groups(parts: UsesParts, state: LetterState = "open") -> Groups:
    """The groups with a letter in `state`, the newest failure first."""
    return Groups(items=await dead_letters.groups(parts.pool, state))


@routes.put("/dead-letters/groups/{group}/note", status_code=204, summary="Note what is known about a group")
async def note_dead_letter_group(parts: UsesParts, who: Operator, group: str, note: Note) -> None:
    await note_group(parts.pool, group, note.note, actor=who.actor, reason=note.reason)


@routes.get(
    "/dead-letters/{letter_id}",
    summary="One dead letter whole",
    response_model=DeadLetterDetail,
    responses=UNCHANGED,
    dependencies=[Depends(LOOK)],
)
async def get_dead_letter(parts: UsesParts, letter_id: UUID, known: IfNoneMatch = None) -> Response:
    """Body and headers masked where they look like a secret."""
    servers = parts.settings.kafka_bootstrap_servers
    return tagged(await show_dead_letter(parts.pool, letter_id, bootstrap_servers=servers), known)


@routes.post(
    "/dead-letters/replay",
    status_code=202,
    summary="Replay dead letters, or say what that would do",
    responses={404: {}},
)
async def replay_dead_letters(parts: UsesParts, who: Operator, wanted: ReplayRequest) -> ReplayAnswer:
    """By ids, group or filter. With `dryRun` the plan and the effect of each message; else a job's start."""
    plan, sendings = await plan_replay(parts.pool, parts.health, wanted.selection())
    if wanted.dry_run:
        return ReplayAnswer(plan=plan)
    job = await parts.jobs.start_replay(
        sendings,
        selection=wanted.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        actor=who.actor,
        reason=wanted.reason,
        rate_per_s=wanted.rate_per_s,
        stop_after=wanted.stop_after,
    )
    return ReplayAnswer(job=job)


@routes.post("/dead-letters/{letter_id}/replay-edited", status_code=202, summary="Replay with another body")
async def replay_edited_dead_letter(
    parts: UsesParts, who: Editor, letter_id: UUID, wanted: EditRequest
) -> ReplayAnswer:
    """The body must be its event's, and differ only in what could not be read; no amount, id, status or currency
    changes. It gets an id of its own."""
    selection = Selection(ids=(letter_id,))
    plan, sendings = await plan_replay(parts.pool, parts.health, selection, edit=wanted.body.encode())
    if wanted.dry_run:
        return ReplayAnswer(plan=plan)
    job = await parts.jobs.start_edited(sendings, actor=who.actor, reason=wanted.reason)
    return ReplayAnswer(job=job)


@routes.post("/dead-letters/discard", summary="Say that open dead letters will not be replayed")
async def discard_dead_letters(parts: UsesParts, who: Operator, wanted: LetterAct) -> Acted:
    """They stay, and `restore` takes it back."""
    return await settle(parts.pool, "discard", wanted, actor=who.actor)


@routes.post("/dead-letters/restore", summary="Take a discard back")
async def restore_dead_letters(parts: UsesParts, who: Operator, wanted: LetterAct) -> Acted:
    return await settle(parts.pool, "restore", wanted, actor=who.actor)


@routes.get("/jobs", summary="Bulk actions", dependencies=[Depends(LOOK)])
async def list_jobs(parts: UsesParts) -> Jobs:
    """The newest hundred."""
    return Jobs(items=await jobs.latest(parts.pool))


@routes.get("/jobs/{job_id}", summary="One bulk action", dependencies=[Depends(LOOK)])
async def get_job(parts: UsesParts, job_id: UUID) -> Job:
    job = await jobs.find(parts.pool, job_id)
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    return job


@routes.post("/jobs/{job_id}/abort", status_code=202, summary="Stop a bulk action", responses={409: {}})
async def abort_job(parts: UsesParts, who: Operator, job_id: UUID, why: Why | None = None) -> None:
    """After the batch that it sends now; what was not sent is as it was."""
    await stop_job(parts.pool, job_id, actor=who.actor, reason=why.reason if why else "")
