"""The pages of dead letters: groups, letters, one letter; the plan before a replay, and the jobs."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from bitloot_common.deadletters import EditRefused, Selection, show
from bitloot_common.deadletters.edit import schema
from bitloot_common.deadletters.replay import RATE_PER_S_MIN
from bitloot_common.problem import NotFound, Problem, Unprocessable
from fastapi import Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.datastructures import ImmutableMultiDict

from bitloot_admin.access import LOOK, Editor, Operator, router
from bitloot_admin.models.dead_letters import DeadLetterFilter, LetterAct, LetterSelection, ReplayRequest
from bitloot_admin.pages.flash import back_to
from bitloot_admin.pages.lists import read_query
from bitloot_admin.pages.render import render
from bitloot_admin.paging import PageRequest
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import dead_letters, jobs
from bitloot_admin.use_cases.plan_replay import plan_replay
from bitloot_admin.use_cases.settle_dead_letters import abort_job, note_group, settle
from bitloot_admin.use_cases.show_dead_letter import open_for_edit, show_dead_letter

routes = router(include_in_schema=False)

Text = Annotated[str, Form(max_length=500)]
Ids = Annotated[list[UUID], Form(alias="id")]
Act = TypeVar("Act", bound=LetterAct)

_SELECTS = LetterSelection.model_fields.keys() - {"ids"}


class LettersPageQuery(DeadLetterFilter, PageRequest):
    """Filter, order and page."""


@routes.get("/dead-letters", dependencies=[Depends(LOOK)])
async def dead_letters_page(parts: UsesParts, request: Request) -> Response:
    wanted, errors = read_query(request, LettersPageQuery)
    asked = "state" in request.query_params
    if not asked and not wanted.group and not wanted.q:
        wanted = wanted.model_copy(update={"state": "open"})
    found = await dead_letters.list_dead_letters(parts.pool, wanted, wanted)
    narrowed = bool(wanted.q or wanted.order_id)
    groups = [] if narrowed else await dead_letters.groups(parts.pool, wanted.state, wanted.group)
    return await render(
        request, "dead_letters.html", found=found, wanted=wanted, errors=errors, groups=groups, asked=asked
    )


@routes.get("/dead-letters/replay", dependencies=[Depends(LOOK)])
async def plan_page(parts: UsesParts, request: Request) -> Response:
    """What a replay would do. Nothing is done by looking."""
    wanted = _wanted(ReplayRequest, _selected(request.query_params))
    if not wanted.ids and wanted.until is None:
        # the button means what is shown here, and not what dies in the meantime
        wanted = wanted.model_copy(update={"until": datetime.now(UTC)})
    plan, _ = await plan_replay(parts.pool, parts.health, wanted.selection())
    selection = wanted.model_dump(mode="json", by_alias=True, exclude_none=True, include=_SELECTS)
    return await render(request, "replay_plan.html", plan=plan, wanted=wanted, selection=selection)


@routes.post("/dead-letters/replay")
async def replay(
    parts: UsesParts, request: Request, who: Operator, reason: Text = "",
    rate: Annotated[float, Form(alias="ratePerS", ge=RATE_PER_S_MIN, le=1000)] = 50,
) -> Response:  # fmt: skip
    """The letters that the plan has shown: the form carries its whole selection."""
    form = _selected(await request.form())
    wanted = _wanted(ReplayRequest, form | {"reason": reason, "rate_per_s": rate})
    _, sendings = await plan_replay(parts.pool, parts.health, wanted.selection())
    job = await parts.jobs.start_replay(
        sendings,
        selection=wanted.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        actor=who.actor,
        reason=reason,
        rate_per_s=rate,
        stop_after=wanted.stop_after,
    )
    return RedirectResponse(f"/jobs/{job.id}", status_code=303)


@routes.post("/dead-letters/settle")
async def settle_letters(
    parts: UsesParts, who: Operator, act: Annotated[Literal["discard", "restore"], Form()],
    ids: Ids = [], group: Text = "", reason: Text = "", back: Text = "/dead-letters",  # noqa: B006
) -> Response:  # fmt: skip
    wanted = _wanted(LetterAct, {"ids": ids, "group": group or None, "reason": reason})
    done = await settle(parts.pool, act, wanted, actor=who.actor)
    told = "discarded; Discarded shows them, and they can be restored" if act == "discard" else "open again"
    location = back if back.startswith("/dead-letters") else "/dead-letters"
    return back_to(location, f"{done.changed} {'letter is' if done.changed == 1 else 'letters are'} {told}.")


@routes.post("/dead-letters/groups/{group}/note")
async def write_note(parts: UsesParts, who: Operator, group: str, note: Text = "", reason: Text = "") -> Response:
    await note_group(parts.pool, group, note, actor=who.actor, reason=reason)
    return back_to(f"/dead-letters?group={group}", "The note is kept with the group.")


@routes.get("/dead-letters/{letter_id}", dependencies=[Depends(LOOK)])
async def dead_letter_page(parts: UsesParts, request: Request, letter_id: UUID) -> Response:
    servers = parts.settings.kafka_bootstrap_servers
    letter = await show_dead_letter(parts.pool, letter_id, bootstrap_servers=servers)
    plan = None
    try:
        plan, _ = await plan_replay(parts.pool, parts.health, Selection(ids=(letter_id,)))
    except Problem:  # it cannot be sent; the page says so by offering nothing
        plan = None
    return await render(request, "dead_letter.html", letter=letter, plan=plan)


@routes.get("/dead-letters/{letter_id}/edit")
async def edit_page(parts: UsesParts, request: Request, who: Editor, letter_id: UUID) -> Response:
    letter = await open_for_edit(parts.pool, letter_id, actor=who.actor)
    body = show.text_of(letter.value) or ""
    return await _editor(parts, request, letter_id, body)


@routes.post("/dead-letters/{letter_id}/edit")
async def edit(
    parts: UsesParts, request: Request, who: Editor, letter_id: UUID, body: Annotated[str, Form(max_length=1_000_000)],
    act: Annotated[Literal["dry-run", "replay"], Form()] = "dry-run", reason: Text = "",
) -> Response:  # fmt: skip
    """The dry run shows the very message; the replay sends it."""
    try:
        plan, sendings = await plan_replay(parts.pool, parts.health, Selection(ids=(letter_id,)), edit=body.encode())
    except Problem as refused:
        return await _editor(parts, request, letter_id, body, error=refused.detail)
    if act == "dry-run":
        return await _editor(parts, request, letter_id, body, planned=plan.sendings[0])
    job = await parts.jobs.start_edited(sendings, actor=who.actor, reason=reason)
    return RedirectResponse(f"/jobs/{job.id}", status_code=303)


async def _editor(
    parts: UsesParts, request: Request, letter_id: UUID, body: str, *, error: str = "", planned: object = None
) -> Response:
    async with parts.pool.acquire() as connection:
        letter = await dead_letters.find(connection, letter_id)
    if letter is None:
        raise NotFound(f"There is no dead letter {letter_id}.")
    try:
        wanted = schema(letter)
    except EditRefused:  # the dry run says why it may not be edited
        wanted = None
    status = 422 if error else 200
    context = {"letter": letter, "body": body, "error": error, "planned": planned, "schema": wanted}
    return await render(request, "dead_letter_edit.html", status=status, **context)


@routes.get("/jobs", dependencies=[Depends(LOOK)])
async def jobs_page(parts: UsesParts, request: Request) -> Response:
    return await render(request, "jobs.html", found=await jobs.latest(parts.pool))


@routes.get("/jobs/{job_id}", dependencies=[Depends(LOOK)])
async def job_page(parts: UsesParts, request: Request, job_id: UUID) -> Response:
    job = await jobs.find(parts.pool, job_id)
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    return await render(request, "job.html", job=job)


@routes.post("/jobs/{job_id}/abort")
async def abort(parts: UsesParts, who: Operator, job_id: UUID, reason: Text = "") -> Response:
    await abort_job(parts.pool, job_id, actor=who.actor, reason=reason)
    return back_to(f"/jobs/{job_id}", "It stops after the batch that it sends now.")


def _selected(given: ImmutableMultiDict[str, Any]) -> dict[str, Any]:
    """Which letters the URL or the form names: `id` any number of times, and the filters that are not empty."""
    names = [LetterSelection.model_fields[name].alias or name for name in _SELECTS]
    filters = {name: given[name] for name in names if given.get(name)}
    return filters | {"ids": given.getlist("id")}


def _wanted(model: type[Act], given: dict[str, Any]) -> Act:
    """What the form asks for. Raises Unprocessable with every reason why it cannot be had."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise Unprocessable("; ".join(str(each["msg"]) for each in error.errors())) from None
