"""/admin/session: sign in, who am I, sign out."""

from typing import Literal

from bitloot_common.problem import TooManyRequests
from fastapi import Depends, Request, Response

from bitloot_admin import tokens
from bitloot_admin.access import PUBLIC, Looker, check_origin, cookie_name, router, secure
from bitloot_admin.identity import Identity
from bitloot_admin.models.people import Credentials, SessionInfo
from bitloot_admin.parts import Parts, UsesParts
from bitloot_admin.use_cases.sign_in import sign_in
from bitloot_admin.use_cases.sign_out import sign_out

routes = router("session", prefix="/admin/session")


@routes.post(
    "",
    summary="Sign in: opens a session, sets its cookie",
    responses={401: {}, 403: {}, 429: {}},
    dependencies=[Depends(PUBLIC)],
)
async def open_session(parts: UsesParts, request: Request, response: Response, credentials: Credentials) -> None:
    """Five failures lock the account, for the address that they came from, for a quarter of an hour. Then ask
    `GET /admin/session` who you are."""
    check_origin(request)
    await start_session(parts, request, response, credentials.email, credentials.password.get_secret_value())


async def start_session(parts: Parts, request: Request, response: Response, email: str, password: str) -> None:
    """Signs in and sets the cookie. Raises SignInRefused or TooManyRequests."""
    address = check_pace(parts, request, "password")
    agent = request.headers.get("user-agent")
    token = await sign_in(parts.pool, parts.settings, email.strip(), password, address=address, agent=agent)
    set_cookie(parts, response, token)


def check_pace(parts: Parts, request: Request, way: Literal["password", "provider"]) -> str | None:
    """Counts an attempt to sign in this way. Returns its source's address; raises TooManyRequests."""
    address = parts.clients.of(request.scope)
    if not parts.sign_ins.allows(f"{way} {address or ''}"):
        raise TooManyRequests("Too many attempts from this address; wait a minute.", headers={"retry-after": "60"})
    return address


def set_cookie(parts: Parts, response: Response, token: str) -> None:
    """Lax: a link from a chat or a mail may open a page; nothing unsafe is done without the CSRF token."""
    response.set_cookie(
        cookie_name(parts),
        token,
        max_age=parts.settings.session_hours_max * 3600,
        httponly=True,
        secure=secure(parts),
        samesite="lax",
        path="/",
    )


@routes.get("", summary="Who am I")
async def get_session(who: Looker) -> SessionInfo:
    return describe(who)


def describe(who: Identity) -> SessionInfo:
    """The caller, as told to the caller."""
    rights = sorted(who.rights)
    return SessionInfo(actor=who.actor, name=who.name, role=who.role, rights=rights, csrf_token=who.csrf)


@routes.delete("", status_code=204, summary="Sign out")
async def close_session(parts: UsesParts, who: Looker, request: Request, response: Response) -> None:
    await end_session(parts, request, response, who)


async def end_session(parts: Parts, request: Request, response: Response, who: Identity) -> None:
    """Ends the session that the cookie names, and takes the cookie away."""
    token = request.cookies.get(cookie_name(parts))
    if token and tokens.csrf_of(token) == who.csrf:
        await sign_out(parts.pool, token, actor=who.actor)
    response.delete_cookie(cookie_name(parts), path="/", secure=secure(parts), httponly=True, samesite="lax")
