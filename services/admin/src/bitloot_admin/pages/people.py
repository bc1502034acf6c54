"""People and API tokens, for admins."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from bitloot_common.problem import Problem
from fastapi import Form, Request, Response
from pydantic import SecretStr, ValidationError

from bitloot_admin.access import Manager, router
from bitloot_admin.models.people import ApiToken, NewPerson, NewToken, Person, PersonChange
from bitloot_admin.pages.flash import back_to
from bitloot_admin.pages.render import render
from bitloot_admin.parts import UsesParts
from bitloot_admin.rights import Right, Role
from bitloot_admin.store import access
from bitloot_admin.use_cases.add_person import add_person
from bitloot_admin.use_cases.change_person import change_person
from bitloot_admin.use_cases.issue_token import issue_token, revoke_token

routes = router(include_in_schema=False)

Text = Annotated[str, Form(max_length=500)]


async def _page(parts: UsesParts, request: Request, **told: str) -> Response:
    async with parts.pool.acquire() as connection:
        people = [Person.model_validate(dict(row)) for row in await access.list_people(connection)]
        tokens = [ApiToken.model_validate(dict(row)) for row in await access.list_tokens(connection)]
    context = {"issued": "", "error": ""} | told
    status = 422 if context["error"] else 200
    now = datetime.now(UTC)
    return await render(
        request, "people.html", status=status, people=people, tokens=tokens, rights=list(Right), now=now, **context
    )


@routes.get("/people")
async def people_page(parts: UsesParts, request: Request, _: Manager) -> Response:
    return await _page(parts, request)


@routes.post("/people")
async def add(
    parts: UsesParts, request: Request, who: Manager, email: Text, name: Text, role: Annotated[Role, Form()],
    password: Text = "", reason: Text = "",
) -> Response:  # fmt: skip
    try:
        new = NewPerson(
            email=email, name=name, role=role, password=SecretStr(password) if password else None, reason=reason
        )
        async with parts.pool.acquire() as connection:
            await add_person(connection, new, by=who)
    except (Problem, ValidationError) as refused:
        return await _page(parts, request, error=_why(refused))
    return back_to("/people", f"{name} may sign in as {role}.")


@routes.post("/people/tokens")
async def issue(
    parts: UsesParts, request: Request, who: Manager, name: Text, role: Annotated[Role, Form()],
    days: Annotated[int, Form()] = 90, scopes: Annotated[list[Right] | None, Form()] = None, reason: Text = "",
) -> Response:  # fmt: skip
    try:
        new = NewToken(name=name, role=role, scopes=scopes or None, days=days, reason=reason)
        issued = await issue_token(parts.pool, new, issuer=who)
    except (Problem, ValidationError) as refused:
        return await _page(parts, request, error=_why(refused))
    return await _page(parts, request, issued=issued.token)


@routes.post("/people/tokens/{token_id}/revoke")
async def revoke(parts: UsesParts, who: Manager, token_id: UUID, reason: Text = "") -> Response:
    await revoke_token(parts.pool, token_id, actor=who.actor, reason=reason)
    return back_to("/people", "The token is revoked.")


@routes.post("/people/{person_id}")
async def change(
    parts: UsesParts, request: Request, who: Manager, person_id: UUID, role: Annotated[Role, Form()],
    disabled: Annotated[bool, Form()] = False, password: Text = "", reason: Text = "",
) -> Response:  # fmt: skip
    wanted = PersonChange(
        role=role, disabled=disabled, password=SecretStr(password) if password else None, reason=reason
    )
    try:
        person = await change_person(parts.pool, person_id, wanted, by=who)
    except Problem as refused:
        return await _page(parts, request, error=_why(refused))
    return back_to("/people", f"{person.name} is changed; their sessions have ended.")


def _why(refused: Problem | ValidationError) -> str:
    if isinstance(refused, Problem):
        return refused.detail
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in refused.errors(include_input=False))
