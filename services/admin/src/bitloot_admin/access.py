"""The door: every route declares the right that it needs, or that it is public, or the process does not start.

Two ways in. `Authorization: Bearer` (ADMIN_TOKEN, or an API token), which no browser sends by itself and so
needs no CSRF proof; and the session cookie, whose unsafe requests must carry the session's CSRF token in the
header `x-csrf-token` or the form field `csrf`.
"""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from bitloot_common.problem import Forbidden, Problem, Unauthorized
from fastapi import APIRouter, Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from bitloot_admin import tokens
from bitloot_admin.identity import BOOTSTRAP, Identity, token_identity
from bitloot_admin.parts import Parts
from bitloot_admin.rights import RIGHTS, Right, Role
from bitloot_admin.store import access

CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SignInFirst(Problem):
    """A page was asked for by nobody: its caller is sent to the sign-in page and back."""

    status = 303


class Needs:
    """The dependency that lets a caller in who holds `right`; None lets anyone in, by declaration."""

    def __init__(self, right: Right | None) -> None:
        self.right = right

    async def __call__(self, request: Request) -> Identity | None:
        if self.right is None:
            return None
        who = await identify(request)
        if who is None:
            if _wants_page(request):
                raise SignInFirst("Sign in first.", headers={"location": f"/sign-in?next={_here(request)}"})
            raise Unauthorized("Sign in, or send a bearer token.", headers={"www-authenticate": "Bearer"})
        if who.csrf is not None and request.method not in _SAFE:
            await _check_csrf(request, who.csrf)
        if not who.may(self.right):
            raise Forbidden(f"This needs the right '{self.right}', which the role {who.role} does not hold.")
        return who


LOOK, REVEAL, ACT, EDIT, MANAGE = (
    Needs(right) for right in (Right.LOOK, Right.REVEAL, Right.ACT, Right.EDIT, Right.MANAGE)
)
PUBLIC = Needs(None)

Looker = Annotated[Identity, Depends(LOOK)]
Revealer = Annotated[Identity, Depends(REVEAL)]
Operator = Annotated[Identity, Depends(ACT)]
Editor = Annotated[Identity, Depends(EDIT)]
Manager = Annotated[Identity, Depends(MANAGE)]


class UndeclaredRight(Exception):
    """A route was declared without a right."""

    def __init__(self, path: str) -> None:
        super().__init__(f"route {path} declares no right: take Looker, Operator, … or PUBLIC as a dependency")


def declared(dependant: Dependant) -> Iterator[Needs]:
    """The rights that a route's dependencies declare."""
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Needs):
            yield dependency.call
        yield from declared(dependency)


class GuardedRoute(APIRoute):
    """A route that refuses to exist without a declared right."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        if not any(declared(self.dependant)):
            raise UndeclaredRight(path)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Asks who it is before the framework reads what they send."""
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            for needs in declared(self.dependant):
                await needs(request)
            return await inner(request)

        return handler


# Served to anybody, by the framework or the common library: no data of the shop.
OPEN = frozenset({
    "/openapi.json", "/docs", "/docs/assets/{name}", "/docs/asyncapi", "/docs/asyncapi.json", "/docs/asyncapi.yaml",
    "/healthz", "/readyz", "/metrics", "/static",
})  # fmt: skip


def refuse_unguarded(routes: Iterable[BaseRoute]) -> None:
    """Raises UndeclaredRight for a route that came in past `router`, unless it is open by name."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            refuse_unguarded(included.routes)
        elif not isinstance(route, GuardedRoute) and getattr(route, "path", "") not in OPEN:
            raise UndeclaredRight(getattr(route, "path", str(route)))


def router(*tags: str, prefix: str = "", **options: Any) -> APIRouter:
    """A router whose routes are guarded."""
    return APIRouter(prefix=prefix, tags=list(tags), route_class=GuardedRoute, **options)


async def identify(request: Request) -> Identity | None:
    """Who is calling; None when nobody, or somebody whose token or session has ended."""
    if not hasattr(request.state, "identity"):
        request.state.identity = await _identify(request)
    found: Identity | None = request.state.identity
    return found


async def _identify(request: Request) -> Identity | None:
    parts: Parts = request.app.state.parts
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        return await _bearer(parts, token.strip()) if scheme.lower() == "bearer" else None
    cookie = request.cookies.get(cookie_name(parts))
    return await _session(parts, cookie, background=_in_background(request)) if cookie else None


async def may_still(request: Request, right: Right) -> bool:
    """Whether whoever opened this long answer would be let in now."""
    who = await _identify(request)
    return who is not None and who.may(right)


# the parts of pages that read themselves again, and what such a page asks for besides
_REFRESHED = frozenset({"overview", "outages", "order", "job"})
_REFRESHES = frozenset({"/live", "/orders/rows"})


def _in_background(request: Request) -> bool:
    """Whether a page asks by itself: an open page that nobody looks at is no use of a session."""
    source = request.headers.get("hx-source", "").rpartition("#")[2]
    return request.url.path in _REFRESHES or (request.method == "GET" and source in _REFRESHED)


async def _bearer(parts: Parts, token: str) -> Identity | None:
    bootstrap = parts.settings.admin_token
    if bootstrap and tokens.same(token, bootstrap.get_secret_value()):
        return token_identity(BOOTSTRAP, Role.ADMIN, None)
    async with parts.pool.acquire() as connection:
        row = await access.find_token(connection, tokens.digest(token))
        if row is None:
            return None
        await access.touch_token(connection, row["id"])
    return token_identity(row["name"], Role(row["role"]), row["scopes"])


async def _session(parts: Parts, cookie: str, *, background: bool) -> Identity | None:
    token_hash = tokens.digest(cookie)
    async with parts.pool.acquire() as connection:
        idle = parts.settings.session_idle_minutes_max
        row = await access.find_session(connection, token_hash, idle_minutes=idle)
        if row is None:
            return None
        if not background:
            await access.touch_session(connection, token_hash)
    role = Role(row["role"])
    return Identity(
        actor=row["email"],
        role=role,
        rights=RIGHTS[role],
        person_id=row["person_id"],
        name=row["name"],
        csrf=tokens.csrf_of(cookie),
    )


async def _check_csrf(request: Request, expected: str) -> None:
    sent = request.headers.get(CSRF_HEADER)
    if sent is None and request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        value = (await request.form()).get(CSRF_FIELD)
        sent = value if isinstance(value, str) else None
    if sent is None or not tokens.same(sent, expected):
        raise Forbidden("The request does not carry this session's CSRF token; reload the page and try again.")
    check_origin(request)


def check_origin(request: Request) -> None:
    """Refuses an unsafe request that a browser says comes from another site. Raises Forbidden."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("The request comes from another site.")
    origin = request.headers.get("origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("The request comes from another site.")


def cookie_name(parts: Parts) -> str:
    """`__Host-` binds the cookie to this host over https; plain http (the local stack) cannot have it."""
    return "__Host-bitloot-admin" if secure(parts) else "bitloot-admin"


def secure(parts: Parts) -> bool:
    """Whether people reach us over https."""
    return parts.settings.admin_public_url.startswith("https://")


def _wants_page(request: Request) -> bool:
    return not request.url.path.startswith("/admin") and "text/html" in request.headers.get("accept", "")


def _here(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return quote(request.url.path + query, safe="")
