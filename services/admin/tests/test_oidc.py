"""Signing in through an OpenID provider: a real one over HTTP, honest and lying."""

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from bitloot_admin.settings import Settings
from bitloot_local.pytest_plugin import Database
from joserfc.jwk import RSAKey
from pydantic import SecretStr, ValidationError

from .conftest import TOKEN, Admin, _people, run, served
from .oidc_provider import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, running

ADA: dict[str, Any] = {"sub": "ada-1", "email": "Operator@bitloot.example", "email_verified": True, "name": "Ada"}


@pytest.fixture(scope="module")
def providers() -> Iterator[OpenIdProvider]:
    with running() as provider:
        yield provider


@pytest.fixture
def provider(providers: OpenIdProvider) -> OpenIdProvider:
    providers.person, providers.lies, providers.published = dict(ADA), {}, providers.key
    return providers


def settings(database: Database, topics: str, provider: OpenIdProvider, **more: Any) -> Settings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Settings(
        database_url=database.url_of("admin"), kafka_bootstrap_servers=topics, http_port=port,
        admin_token=SecretStr(TOKEN), admin_public_url=f"http://127.0.0.1:{port}", oidc_issuer=provider.url,
        oidc_client_id=CLIENT_ID, oidc_client_secret=SecretStr(CLIENT_SECRET), oidc_name="Example",
        sign_ins_per_source_per_minute_max=1_000, **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def admin(database: Database, topics: str, providers: OpenIdProvider) -> Iterator[Admin]:
    run(_people(database.url))
    with served(settings(database, topics, providers), database.url) as found:
        yield found


@pytest.fixture(autouse=True)
def unlinked(admin: Admin) -> None:
    admin.sql("update people set oidc_subject = null, disabled_at = null")


def sign_in(admin: Admin, client: httpx.Client | None = None) -> httpx.Response:
    """As a browser does it: our page, the provider, and back. The last answer is ours."""
    client = client or admin.client()
    away = client.get("/sign-in/oidc?next=/orders")
    assert away.status_code == 303, away.text
    back = httpx.get(away.headers["location"], trust_env=False)
    assert back.status_code == 302, back.text
    return client.get(back.headers["location"])


def audit(admin: Admin, action: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = admin.bearer().get("/admin/audit-log", params={"action": action}).json()["items"]
    return found


def test_a_person_is_linked_by_their_verified_e_mail_and_known_by_subject_from_then_on(
    admin: Admin, provider: OpenIdProvider
) -> None:
    assert 'href="/sign-in/oidc?next=/orders"' in admin.client().get("/sign-in?next=/orders").text
    client = admin.client()
    answer = sign_in(admin, client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders")
    assert client.get("/admin/session").json()["actor"] == "operator@bitloot.example"
    assert audit(admin, "person.linked")[0]["detail"] == {"subject": f"{provider.url} ada-1"}
    assert audit(admin, "session.opened")[0]["detail"]["by"] == "oidc"

    provider.person = {"sub": "ada-1", "email": "ada@elsewhere.example", "email_verified": False}
    assert sign_in(admin).status_code == 303, "the e-mail may change, the subject does not"


@pytest.mark.parametrize(
    "person",
    [
        pytest.param({"email": "nobody@bitloot.example"}, id="unknown person"),
        pytest.param({"email_verified": False}, id="unverified e-mail"),
        pytest.param({"email_verified": "true"}, id="verified as text"),
        pytest.param({"email": None}, id="no e-mail"),
    ],
)
def test_whom_nobody_has_added_stays_outside(admin: Admin, provider: OpenIdProvider, person: dict[str, Any]) -> None:
    provider.person |= person
    answer = sign_in(admin)
    assert answer.status_code == 401
    assert "nobody has given you access here" in answer.text
    assert "bitloot-admin=" not in str(answer.headers.get_list("set-cookie"))
    assert audit(admin, "session.refused")[0]["detail"]["by"] == "oidc"


def test_a_disabled_person_stays_outside_linked_or_not(admin: Admin, provider: OpenIdProvider) -> None:
    assert sign_in(admin).status_code == 303
    admin.sql("update people set disabled_at = now() where role = 'operator'")
    assert sign_in(admin).status_code == 401
    admin.sql("update people set oidc_subject = null")
    assert sign_in(admin).status_code == 401


def test_an_e_mail_that_is_linked_is_not_taken_over(admin: Admin, provider: OpenIdProvider) -> None:
    assert sign_in(admin).status_code == 303
    provider.person["sub"] = "mallory-2"
    assert sign_in(admin).status_code == 401


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param({"nonce": "another"}, id="wrong nonce"),
        pytest.param({"nonce": None}, id="no nonce"),
        pytest.param({"aud": "another-client"}, id="wrong audience"),
        pytest.param({"aud": [CLIENT_ID, "another"], "azp": "another"}, id="for another party"),
        pytest.param({"iss": "https://evil.example"}, id="wrong issuer"),
        pytest.param({"exp": 1_700_000_000}, id="expired"),
        pytest.param({"sub": None}, id="no subject"),
    ],
)
def test_an_id_token_that_lies_is_refused(admin: Admin, provider: OpenIdProvider, lie: dict[str, Any]) -> None:
    provider.lies = lie
    answer = sign_in(admin)
    assert answer.status_code == 401
    assert "could not be trusted" in answer.text


def test_a_token_signed_by_somebody_else_is_refused_and_a_new_key_is_learned(
    admin: Admin, provider: OpenIdProvider
) -> None:
    assert sign_in(admin).status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "second", "alg": "RS256"})
    assert sign_in(admin).status_code == 401, "the provider does not publish this key"
    provider.published = provider.key
    assert sign_in(admin).status_code == 303


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(admin: Admin, provider: OpenIdProvider) -> None:
    away = admin.client().get("/sign-in/oidc")
    back = httpx.get(away.headers["location"], trust_env=False).headers["location"]
    assert "not begun in this browser" in admin.client().get(back).text, "no cookie: somebody else's answer"
    client = admin.client()
    client.get("/sign-in/oidc")
    assert client.get(back).status_code == 401, "another attempt's state"
    state = parse_qs(urlsplit(client.get("/sign-in/oidc").headers["location"]).query)["state"][0]
    assert client.get("/sign-in/oidc/callback", params={"state": state, "error": "access_denied"}).status_code == 401
    state = parse_qs(urlsplit(client.get("/sign-in/oidc").headers["location"]).query)["state"][0]
    assert client.get("/sign-in/oidc/callback", params={"state": state, "code": "guessed"}).status_code == 401


def test_a_default_role_lets_in_whoever_the_provider_vouches_for(
    admin: Admin, database: Database, topics: str, provider: OpenIdProvider
) -> None:
    with served(settings(database, topics, provider, oidc_default_role="viewer"), database.url) as open_admin:
        provider.person |= {"sub": "new-1", "email": "new@bitloot.example", "name": "Newcomer"}
        client = open_admin.client()
        assert sign_in(open_admin, client).status_code == 303
        who = client.get("/admin/session").json()
        assert (who["actor"], who["name"], who["role"]) == ("new@bitloot.example", "Newcomer", "viewer")
        provider.person |= {"sub": "new-2", "email": "other@bitloot.example", "email_verified": False}
        assert sign_in(open_admin).status_code == 401


def test_half_a_provider_stops_the_start() -> None:
    with pytest.raises(ValidationError, match="OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, ADMIN_PUBLIC_URL"):
        Settings(
            database_url="x", kafka_bootstrap_servers="x", http_port=1, oidc_issuer="https://id.example",
            oidc_default_role="",
        )  # fmt: skip
