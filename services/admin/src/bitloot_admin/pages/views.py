"""Keeping a list's filters as a view of one's own, and forgetting it."""

from typing import Annotated
from uuid import UUID

from bitloot_common.problem import Unprocessable
from fastapi import Form, Response

from bitloot_admin.access import Looker, router
from bitloot_admin.identity import Identity
from bitloot_admin.pages.flash import back_to
from bitloot_admin.parts import UsesParts
from bitloot_admin.use_cases.keep_view import forget_view, keep_view

routes = router(include_in_schema=False)


@routes.post("/views")
async def keep(
    parts: UsesParts,
    who: Looker,
    page: Annotated[str, Form(max_length=40)],
    name: Annotated[str, Form(max_length=40)],
    query: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    await keep_view(parts.pool, _person(who), page, name, query)
    return back_to(f"{page}?{query.removeprefix('?')}", f"“{name}” is kept above the filters.")


@routes.post("/views/{view_id}/delete")
async def forget(parts: UsesParts, who: Looker, view_id: UUID) -> Response:
    return back_to(await forget_view(parts.pool, _person(who), view_id), "The view is forgotten.")


def _person(who: Identity) -> UUID:
    if who.person_id is None:
        raise Unprocessable("A token keeps no views.")
    return who.person_id
