"""/admin/people and /admin/api-tokens: who may do what."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from bitloot_admin.access import Manager, router
from bitloot_admin.models.model import Model
from bitloot_admin.models.people import ApiToken, IssuedToken, NewPerson, NewToken, Person, PersonChange
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import access
from bitloot_admin.use_cases.add_person import add_person
from bitloot_admin.use_cases.change_person import change_person
from bitloot_admin.use_cases.issue_token import issue_token, revoke_token

routes = router("people and tokens", prefix="/admin")


class People(Model):
    """Everybody."""

    items: list[Person]


class ApiTokens(Model):
    """All API tokens, newest first."""

    items: list[ApiToken]


@routes.get("/people", summary="Who may sign in")
async def list_people(parts: UsesParts, _: Manager) -> People:
    async with parts.pool.acquire() as connection:
        rows = await access.list_people(connection)
    return People(items=[Person.model_validate(dict(row)) for row in rows])


@routes.post("/people", status_code=201, summary="Add somebody", responses={409: {}})
async def create_person(parts: UsesParts, who: Manager, new: NewPerson) -> Person:
    async with parts.pool.acquire() as connection:
        return await add_person(connection, new, by=who)


@routes.patch("/people/{person_id}", summary="Change a role or password, disable or enable", responses={409: {}})
async def update_person(parts: UsesParts, who: Manager, person_id: UUID, change: PersonChange) -> Person:
    return await change_person(parts.pool, person_id, change, by=who)


@routes.get("/api-tokens", summary="API tokens")
async def list_api_tokens(parts: UsesParts, _: Manager) -> ApiTokens:
    async with parts.pool.acquire() as connection:
        rows = await access.list_tokens(connection)
    return ApiTokens(items=[ApiToken.model_validate(dict(row)) for row in rows])


@routes.post("/api-tokens", status_code=201, summary="Issue an API token; shown once", responses={409: {}})
async def issue_api_token(parts: UsesParts, who: Manager, new: NewToken) -> IssuedToken:
    return await issue_token(parts.pool, new, issuer=who)


@routes.delete("/api-tokens/{token_id}", status_code=204, summary="Revoke an API token")
async def revoke_api_token(
    parts: UsesParts, who: Manager, token_id: UUID, reason: Annotated[str, Query(max_length=500)] = ""
) -> None:
    await revoke_token(parts.pool, token_id, actor=who.actor, reason=reason)
