"""People: passwords, sessions, lockout, roles, tokens, and what the audit log says of it."""

from typing import Any

import asyncpg
import pytest

from .conftest import PASSWORD, Admin

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
    change = {"password": "another good password"}
    assert admin.bearer().patch(f"/admin/people/{person['id']}", json=change).status_code == 200
    assert sign_in(admin, "locked@bitloot.example", "another good password") == 200


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
