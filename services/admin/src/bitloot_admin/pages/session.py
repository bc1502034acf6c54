"""Signing in and out."""

from typing import Annotated

from bitloot_common.problem import TooManyRequests
from fastapi import Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from bitloot_admin.access import PUBLIC, Looker, check_origin, identify, router
from bitloot_admin.api.session import end_session, start_session
from bitloot_admin.pages.render import HEADERS, template
from bitloot_admin.parts import UsesParts
from bitloot_admin.use_cases.sign_in import SignInRefused

routes = router(include_in_schema=False)


@routes.get("/sign-in", dependencies=[Depends(PUBLIC)])
async def sign_in_page(parts: UsesParts, request: Request, next: str = "/") -> Response:  # noqa: A002  (the URL's)
    if await identify(request):
        return RedirectResponse(ours(next), status_code=303)
    return _form(parts, next, "", None)


@routes.post("/sign-in", dependencies=[Depends(PUBLIC)])
async def sign_in(
    parts: UsesParts,
    request: Request,
    email: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=500)],
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002  (the form's)
) -> Response:
    check_origin(request)
    response = RedirectResponse(ours(next), status_code=303)
    try:
        await start_session(parts, request, response, email, password)
    except (SignInRefused, TooManyRequests) as refused:
        return _form(parts, next, email, refused.detail, status=refused.status)
    return response


@routes.post("/sign-out")
async def sign_out(parts: UsesParts, request: Request, who: Looker) -> Response:
    response = RedirectResponse("/sign-in", status_code=303)
    await end_session(parts, request, response, who)
    return response


def ours(location: str) -> str:
    """`location` if it is a path of this site, else the overview: no open redirect."""
    plain = location.startswith("/") and not location.startswith(("//", "/\\")) and "\n" not in location
    return location if plain else "/"


def _form(parts: UsesParts, location: str, email: str, error: str | None, *, status: int = 200) -> Response:
    issuer = parts.settings.oidc_issuer
    html = template("sign_in.html").render(next=ours(location), email=email, error=error, oidc=issuer)
    return HTMLResponse(html, status_code=status, headers=HEADERS)
