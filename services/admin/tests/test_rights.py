"""No hole: every route × everybody, and no route without a declared right."""

from collections.abc import Iterator

import httpx
import pytest
from bitloot_admin import api, pages
from bitloot_admin.access import UndeclaredRight, declared, router
from bitloot_admin.rights import RIGHTS, Right, Role
from fastapi.routing import APIRoute

from .conftest import PASSWORD, Admin

ANY_ID = "01890000-0000-7000-8000-000000000000"
ROUTES = [route for part in (*api.ROUTERS, *pages.ROUTERS) for route in part.routes if isinstance(route, APIRoute)]


def method(route: APIRoute) -> str:
    return min(route.methods or {"GET"})


CASES = [pytest.param(route, id=f"{method(route)} {route.path}") for route in ROUTES]


def needed(route: APIRoute) -> Right | None:
    """The strictest right that the route declares."""
    rights = [needs.right for needs in declared(route.dependant)]
    return next((right for right in rights if right is not None), None)


def call(client: httpx.Client, route: APIRoute) -> httpx.Response:
    path = route.path
    for name in ("order_id", "webhook_id", "person_id", "token_id", "letter_id", "job_id", "view_id", "group"):
        path = path.replace(f"{{{name}}}", ANY_ID)
    assert "{" not in path, f"the test knows no value for a parameter of {path}"
    with client.stream(method(route), path) as answer:
        return answer


@pytest.fixture(scope="module")
def callers(admin: Admin) -> dict[str, httpx.Client]:
    expired = admin.bearer().post("/admin/api-tokens", json={"name": "old", "role": "admin"}).json()
    admin.sql("update api_tokens set expires_at = now() - interval '1 second' where id = $1", expired["id"])
    scoped = admin.bearer().post("/admin/api-tokens", json={"name": "few", "role": "admin", "scopes": ["look"]}).json()
    foreign = admin.signed_in("admin@bitloot.example")
    foreign.headers["x-csrf-token"] = admin.signed_in("operator@bitloot.example").headers["x-csrf-token"]
    without = admin.signed_in("admin@bitloot.example")
    del without.headers["x-csrf-token"]
    return {
        **{role: admin.signed_in(f"{role}@bitloot.example") for role in Role},
        "anonymous": admin.client(),
        "expired": admin.bearer(expired["token"]),
        "scoped": admin.bearer(scoped["token"]),
        "foreign csrf": foreign,
        "no csrf": without,
    }


@pytest.fixture(autouse=True)
def sessions_outlive_sign_out(admin: Admin, callers: dict[str, httpx.Client]) -> Iterator[None]:
    """Signing out is one of the routes: the sessions are put back after it."""
    kept = admin.sql("select token_hash, person_id, expires_at from sessions")
    yield
    for row in kept:
        admin.sql(
            "insert into sessions (token_hash, person_id, expires_at) values ($1, $2, $3) on conflict do nothing",
            row["token_hash"], row["person_id"], row["expires_at"],
        )  # fmt: skip


@pytest.mark.parametrize("route", CASES)
def test_each_route_lets_in_whom_it_should(route: APIRoute, callers: dict[str, httpx.Client]) -> None:
    right = needed(route)
    unsafe = method(route) not in {"GET", "HEAD"}
    for name, client in callers.items():
        if route.path in {"/sign-out", "/admin/session"} and method(route) != "GET" and name in set(Role):
            continue  # ends the caller's own session: test_sign_in.py
        got = call(client, route).status_code
        if right is None:
            assert got not in {401, 403}, f"{name} is refused a public route"
        elif name in {"anonymous", "expired"}:
            assert got == 401, f"{name} got {got}"
        elif name in {"foreign csrf", "no csrf"} and unsafe:
            assert got == 403, f"{name} got {got}"
        else:
            held = {Right.LOOK} if name == "scoped" else RIGHTS[Role(name) if name in set(Role) else Role.ADMIN]
            allowed = right in held
            assert (got == 403) is not allowed, f"{name} got {got}"
            assert got != 401
            assert got < 500


def test_a_route_that_forgets_its_right_stops_the_process_at_its_declaration() -> None:
    routes = router()
    with pytest.raises(UndeclaredRight, match="/forgotten"):

        @routes.get("/forgotten")
        async def forgotten() -> None: ...


def test_a_page_sends_an_unknown_caller_to_sign_in_and_back(admin: Admin) -> None:
    answer = admin.client().get("/orders?status=paid", headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Forders%3Fstatus%3Dpaid"
    back = admin.client().post(
        "/sign-in",
        data={"email": "viewer@bitloot.example", "password": PASSWORD, "next": "/orders?status=paid"},
    )
    assert (back.status_code, back.headers["location"]) == (303, "/orders?status=paid")


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_signing_in_leads_nowhere_else(admin: Admin, elsewhere: str) -> None:
    form = {"email": "viewer@bitloot.example", "password": PASSWORD, "next": elsewhere}
    assert admin.client().post("/sign-in", data=form).headers["location"] == "/"


def test_a_revoked_token_takes_those_with_it_that_it_issued(admin: Admin) -> None:
    first = admin.bearer().post("/admin/api-tokens", json={"name": "stolen", "role": "admin"}).json()
    second = admin.bearer(first["token"]).post("/admin/api-tokens", json={"name": "minted", "role": "admin"}).json()
    assert admin.bearer(second["token"]).get("/admin/people").status_code == 200

    assert admin.bearer().delete(f"/admin/api-tokens/{first['id']}").status_code == 204

    assert admin.bearer(second["token"]).get("/admin/people").status_code == 401


def test_a_token_scoped_to_manage_makes_nobody_an_admin(admin: Admin) -> None:
    wanted = {"name": "manages only", "role": "admin", "scopes": ["manage"]}
    scoped = admin.bearer(admin.bearer().post("/admin/api-tokens", json=wanted).json()["token"])
    people = scoped.get("/admin/people").json()["items"]

    person = {"email": "thief@example.com", "name": "Thief", "role": "admin", "password": PASSWORD}
    assert scoped.post("/admin/people", json=person).status_code == 403
    assert scoped.patch(f"/admin/people/{people[0]['id']}", json={"password": PASSWORD}).status_code == 403

    # nor by the page's form, which takes a bearer token too
    scoped.post("/people", data=person)
    scoped.post(f"/people/{people[0]['id']}", data={"role": "admin", "disabled": "true"})
    assert scoped.get("/admin/people").json()["items"] == people
