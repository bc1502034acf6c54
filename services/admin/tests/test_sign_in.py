"""People: passwords, sessions, lockout, roles, tokens, and what the audit log says of it."""

from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx
import pytest
from bitloot_admin.tokens import digest
from bitloot_local.pytest_plugin import Database

from .conftest import PASSWORD, TOKEN, Admin, served

OPERATOR = "operator@bitloot.example"


def sign_in(admin: Admin, email: str, password: str = PASSWORD, **headers: str) -> int:
    body = {"email": email, "password": password}
    return admin.client().post("/admin/session", json=body, headers=headers).status_code


def audit(admin: Admin, action: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = admin.bearer().get("/admin/audit-log", params={"action": action}).json()["items"]
    return items


def add(admin: Admin, email: str, role: str = "viewer") -> dict[str, Any]:
    new = {"email": email, "name": "Somebody", "role": role, "password": PASSWORD, "reason": "a test"}
    answer = admin.bearer().post("/admin/people", json=new)
    assert answer.status_code == 201, answer.text
    person: dict[str, Any] = answer.json()
    return person


def test_a_session_is_who_signed_in(admin: Admin) -> None:
    who = admin.signed_in(OPERATOR).get("/admin/session").json()
    assert (who["actor"], who["role"]) == (OPERATOR, "operator")
    assert who["rights"] == ["act", "edit", "look", "reveal"]


def test_wrong_password_and_unknown_person_get_the_same_answer(admin: Admin) -> None:
    add(admin, "known@bitloot.example")
    answers = [
        admin.client().post("/admin/session", json={"email": email, "password": "wrong wrong wrong"})
        for email in ("known@bitloot.example", "unknown@bitloot.example")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()


def test_three_failures_lock_the_account_and_an_admin_lifts_it(admin: Admin) -> None:
    person = add(admin, "locked@bitloot.example")
    assert [sign_in(admin, "locked@bitloot.example", "wrong wrong wrong") for _ in range(3)] == [401] * 3
    assert sign_in(admin, "locked@bitloot.example") == 401, "locked, although the password is right"
    assert [row["actor"] for row in audit(admin, "account.locked")] == ["locked@bitloot.example"]
    [told] = [each for each in admin.bearer().get("/admin/people").json()["items"] if each["id"] == person["id"]]
    assert told["lockedUntil"]
    change = {"password": "another good password"}
    assert admin.bearer().patch(f"/admin/people/{person['id']}", json=change).status_code == 200
    assert sign_in(admin, "locked@bitloot.example", "another good password") == 200


@pytest.fixture
def behind(admin: Admin, database: Database) -> Iterator[Admin]:
    """The service as it stands behind a proxy of ours, which is the tests' own address."""
    settings = admin.settings.model_copy(
        update={"http_port": 0, "trusted_proxies": "127.0.0.0/8", "sign_ins_per_source_per_minute_max": 6}
    )
    with served(settings, database.url) as found:
        yield found


def test_who_guesses_elsewhere_locks_nobody_out(admin: Admin, behind: Admin) -> None:
    """Neither by failing as somebody, nor by trying too often."""
    add(admin, "known-name@bitloot.example")
    guessed = [
        sign_in(behind, "known-name@bitloot.example", "wrong wrong wrong", **{"x-forwarded-for": "198.51.100.7"})
        for _ in range(8)
    ]
    assert guessed == [401] * 6 + [429] * 2
    callback = behind.client().get("/sign-in/oidc/callback", headers={"x-forwarded-for": "198.51.100.7"})
    assert callback.status_code == 404, "passwords do not use up what the provider's door allows; there is none here"
    assert sign_in(behind, "known-name@bitloot.example", **{"x-forwarded-for": "203.0.113.5"}) == 200
    [opened] = [row for row in audit(admin, "session.opened") if row["actor"] == "known-name@bitloot.example"]
    assert opened["detail"]["address"] == "203.0.113.5"


def test_a_stranger_s_forwarded_address_is_not_believed(admin: Admin) -> None:
    add(admin, "plain@bitloot.example")
    assert sign_in(admin, "plain@bitloot.example", **{"x-forwarded-for": "198.51.100.7"}) == 200
    [opened] = [row for row in audit(admin, "session.opened") if row["actor"] == "plain@bitloot.example"]
    assert opened["detail"]["address"] == "127.0.0.1"


def test_every_refused_sign_in_is_in_the_audit_log(admin: Admin) -> None:
    person = add(admin, "audited@bitloot.example")
    assert [sign_in(admin, "audited@bitloot.example", "wrong wrong wrong") for _ in range(3)] == [401] * 3
    assert sign_in(admin, "audited@bitloot.example") == 401
    assert sign_in(admin, "never-heard-of@bitloot.example") == 401
    admin.bearer().patch(f"/admin/people/{person['id']}", json={"disabled": True})
    assert sign_in(admin, "audited@bitloot.example") == 401
    told = {(row["actor"], row["detail"]["why"]) for row in audit(admin, "session.refused")}
    assert told >= {
        ("audited@bitloot.example", "wrong password"),
        ("audited@bitloot.example", "locked"),
        ("audited@bitloot.example", "disabled"),
        ("unknown:never-heard-of@bitloot.example", "unknown"),
    }


def test_a_disabled_person_is_out_at_once(admin: Admin) -> None:
    person = add(admin, "leaving@bitloot.example")
    session = admin.signed_in("leaving@bitloot.example")
    assert session.get("/admin/orders").status_code == 200
    admin.bearer().patch(f"/admin/people/{person['id']}", json={"disabled": True})
    assert session.get("/admin/orders").status_code == 401
    assert sign_in(admin, "leaving@bitloot.example") == 401


def test_the_last_admin_stays(admin: Admin) -> None:
    client = admin.bearer()
    people = client.get("/admin/people").json()["items"]
    [last] = [person for person in people if person["role"] == "admin"]
    answer = client.patch(f"/admin/people/{last['id']}", json={"role": "viewer"})
    assert answer.status_code == 409


def test_signing_out_ends_the_session_not_only_the_cookie(admin: Admin) -> None:
    session = admin.signed_in(OPERATOR)
    cookies = dict(session.cookies)
    assert session.delete("/admin/session").status_code == 204
    assert admin.client(cookies=cookies).get("/admin/session").status_code == 401


def test_an_idle_session_ends(admin: Admin) -> None:
    session = admin.signed_in(OPERATOR)
    admin.sql("update sessions set seen_at = now() - interval '3 hours'")
    assert session.get("/admin/session").status_code == 401


def test_another_site_cannot_sign_anybody_in(admin: Admin) -> None:
    assert sign_in(admin, OPERATOR, PASSWORD, origin="https://evil.example") == 403
    assert sign_in(admin, OPERATOR, PASSWORD, **{"sec-fetch-site": "cross-site"}) == 403


def test_the_cookie_is_for_http_and_this_site_only(admin: Admin) -> None:
    answer = admin.client().post("/admin/session", json={"email": OPERATOR, "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_nothing_that_opens_anything_is_stored(admin: Admin) -> None:
    token = admin.bearer().post("/admin/api-tokens", json={"name": "stored", "role": "viewer"}).json()["token"]
    session = admin.signed_in(OPERATOR)
    stored = str([
        admin.sql(f"select {table}::text from {table}")
        for table in ("people", "sessions", "api_tokens", "audit_log")
    ])  # fmt: skip
    assert token not in stored
    assert next(iter(session.cookies.values())) not in stored
    assert PASSWORD not in stored


def test_a_revoked_token_opens_nothing(admin: Admin) -> None:
    client = admin.bearer()
    issued = client.post("/admin/api-tokens", json={"name": "short", "role": "viewer", "reason": "a test"}).json()
    assert admin.bearer(issued["token"]).get("/admin/orders").status_code == 200
    assert client.delete(f"/admin/api-tokens/{issued['id']}").status_code == 204
    assert admin.bearer(issued["token"]).get("/admin/orders").status_code == 401
    assert audit(admin, "token.revoked")[0]["target"] == "token:short"


def issue(admin: Admin, token: str, **wanted: Any) -> httpx.Response:
    return admin.bearer(token).post("/admin/api-tokens", json=wanted)


def test_a_token_issues_no_more_than_it_may_itself(admin: Admin) -> None:
    few = issue(admin, TOKEN, name="manages only", role="admin", scopes=["manage"]).json()["token"]
    assert issue(admin, few, name="all of it", role="admin").status_code == 403
    assert issue(admin, few, name="looks", role="viewer").status_code == 403
    assert issue(admin, few, name="manages too", role="admin", scopes=["manage"]).status_code == 201


@pytest.mark.parametrize(("ticked", "scopes"), [(["look", "act"], ["look", "act"]), ([], None)])
def test_the_form_issues_a_token_for_what_was_ticked(admin: Admin, ticked: list[str], scopes: list[str] | None) -> None:
    form = {"name": f"ticked {len(ticked)}", "role": "operator", "scopes": ticked, "days": "1"}
    page = admin.signed_in("admin@bitloot.example").post("/people/tokens", data=form)
    assert page.status_code == 200
    assert "Copy the token now" in page.text
    (row,) = admin.sql("select scopes from api_tokens where name = $1", form["name"])
    assert row["scopes"] == scopes


@pytest.mark.parametrize("name", ["bootstrap", "Bootstrap", "taken once", "TAKEN once"])
def test_no_two_tokens_are_one_name_in_the_audit_log(admin: Admin, name: str) -> None:
    first = issue(admin, TOKEN, name="taken once", role="viewer")
    if first.status_code == 201:
        admin.bearer().delete(f"/admin/api-tokens/{first.json()['id']}")
    assert issue(admin, TOKEN, name=name, role="viewer").status_code == 409


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "operator"}])
def test_what_somebody_issued_ends_with_their_right_to(admin: Admin, change: dict[str, Any]) -> None:
    email = f"issuer-{'-'.join(change)}@bitloot.example"
    person = add(admin, email, "admin")
    names = [f"{'-'.join(change)} {n}" for n in range(3)]
    session = admin.signed_in(email)
    first = session.post("/admin/api-tokens", json={"name": names[0], "role": "admin"}).json()["token"]
    second = issue(admin, first, name=names[1], role="viewer").json()["token"]
    other = issue(admin, TOKEN, name=names[2], role="viewer").json()["token"]
    admin.bearer().patch(f"/admin/people/{person['id']}", json=change)
    got = [admin.bearer(each).get("/admin/orders").status_code for each in (first, second, other)]
    assert got == [401, 401, 200]
    row = next(row for row in audit(admin, "person.changed") if row["target"] == f"person:{email}")
    assert sorted(row["detail"]["tokensRevoked"]) == names[:2]


def test_an_open_page_that_reads_itself_again_is_no_use_of_its_session(admin: Admin) -> None:
    session = admin.signed_in(OPERATOR)

    def seen() -> Any:
        return admin.sql("select seen_at from sessions where token_hash = $1", token)[0]["seen_at"]

    token = digest(next(iter(session.cookies.values())))
    admin.sql("update sessions set seen_at = now() - interval '30 minutes' where token_hash = $1", token)
    before = seen()
    assert session.get("/", headers={"hx-request": "true", "hx-source": "div#overview"}).status_code == 200
    assert session.get("/orders/rows?id=01890000-0000-7000-8000-000000000000").status_code == 200
    assert seen() == before
    assert session.get("/").status_code == 200
    assert seen() > before


def test_a_scope_beyond_the_role_is_refused(admin: Admin) -> None:
    wanted = {"name": "greedy", "role": "viewer", "scopes": ["look", "act"]}
    assert admin.bearer().post("/admin/api-tokens", json=wanted).status_code == 422


def test_a_weak_password_is_refused(admin: Admin) -> None:
    new = {"email": "weak@bitloot.example", "name": "Weak", "password": "short"}
    assert admin.bearer().post("/admin/people", json=new).status_code == 422


@pytest.mark.parametrize("change", ["update audit_log set actor = 'nobody'", "delete from audit_log"])
def test_the_audit_log_can_only_grow(admin: Admin, change: str) -> None:
    assert audit(admin, "person.added")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        admin.sql_as_admin(change)
