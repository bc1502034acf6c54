"""Signing in, with a password or through the OpenID provider, and out."""

import base64
import binascii
from dataclasses import asdict
from typing import Annotated

import orjson
from bitloot_common.problem import NotFound, Problem, TooManyRequests, Unauthorized
from fastapi import Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from bitloot_admin import tokens
from bitloot_admin.access import PUBLIC, Looker, check_origin, cookie_name, identify, router, secure
from bitloot_admin.api.session import check_pace, end_session, set_cookie, start_session
from bitloot_admin.clients.oidc import Attempt, Provider
from bitloot_admin.pages.render import HEADERS, template
from bitloot_admin.parts import Parts, UsesParts
from bitloot_admin.use_cases.sign_in import SignInRefused
from bitloot_admin.use_cases.sign_in_by_provider import sign_in_by_provider

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
        page = _form(parts, next, email, refused.detail, status=refused.status)
        page.headers.update(refused.headers or {})
        return page
    return response


@routes.get("/sign-in/oidc", dependencies=[Depends(PUBLIC)])
async def go_to_provider(parts: UsesParts, next: str = "/") -> Response:  # noqa: A002  (the URL's)
    """Sends the browser to the provider; what proves its return stays in a cookie of ten minutes."""
    attempt = Attempt.new(ours(next))
    try:
        location = await _provider(parts).begin(attempt)
    except NotFound:
        raise
    except Problem as refused:
        return _form(parts, next, "", refused.detail, status=refused.status)
    response = RedirectResponse(location, status_code=303)
    kept = base64.urlsafe_b64encode(orjson.dumps(asdict(attempt))).decode()
    response.set_cookie(
        _attempt_cookie(parts), kept, max_age=600, httponly=True, secure=secure(parts), samesite="lax", path="/"
    )
    return response


@routes.get("/sign-in/oidc/callback", dependencies=[Depends(PUBLIC)])
async def come_back_from_provider(
    parts: UsesParts, request: Request, state: str = "", code: str = "", error: str = "", iss: str = ""
) -> Response:
    """The provider has sent the browser back: with a code for us, or with a refusal."""
    provider, attempt = _provider(parts), _attempt(parts, request)
    location = attempt.next if attempt else "/"
    try:
        address = check_pace(parts, request, "provider")
        if attempt is None or not tokens.same(state, attempt.state):
            raise Unauthorized("This sign-in was not begun in this browser, or has taken too long; try again.")
        if error or not code or (iss and iss != provider.issuer):
            raise Unauthorized("The provider did not sign you in.")
        claimed = await provider.finish(code, attempt)
        agent = request.headers.get("user-agent")
        token = await sign_in_by_provider(parts.pool, parts.settings, claimed, address=address, agent=agent)
    except Problem as refused:
        response = _form(parts, location, "", refused.detail, status=refused.status)
    else:
        response = RedirectResponse(ours(location), status_code=303)
        set_cookie(parts, response, token)
    response.delete_cookie(_attempt_cookie(parts), path="/", secure=secure(parts), httponly=True, samesite="lax")
    return response


def _provider(parts: Parts) -> Provider:
    if parts.provider is None:
        raise NotFound("No sign-in provider is configured.")
    return parts.provider


def _attempt_cookie(parts: Parts) -> str:
    return f"{cookie_name(parts)}-oidc"


def _attempt(parts: Parts, request: Request) -> Attempt | None:
    try:
        kept = orjson.loads(base64.urlsafe_b64decode(request.cookies.get(_attempt_cookie(parts), "")))
        return Attempt(**{name: str(kept[name]) for name in Attempt.__slots__})
    except (ValueError, TypeError, KeyError, binascii.Error):
        return None


@routes.post("/sign-out")
async def sign_out(parts: UsesParts, request: Request, who: Looker) -> Response:
    response = RedirectResponse("/sign-in", status_code=303)
    await end_session(parts, request, response, who)
    return response


def ours(location: str) -> str:
    """`location` if it is a path of this site, else the overview: no open redirect."""
    plain = location.startswith("/") and not location.startswith(("//", "/\\")) and "\n" not in location
    return location if plain else "/"


def _form(parts: Parts, location: str, email: str, error: str | None, *, status: int = 200) -> Response:
    provider = parts.settings.oidc_name if parts.provider else None
    html = template("sign_in.html").render(next=ours(location), email=email, error=error, provider=provider)
    return HTMLResponse(html, status_code=status, headers=HEADERS)
