"""The API's description is whole: every answer, good or bad, has an example that is what would be answered."""

from typing import Any

import pytest
from bitloot_admin import api
from bitloot_admin.access import UndeclaredRight, refuse_unguarded
from bitloot_admin.app import create_app
from bitloot_admin.settings import Settings
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from .conftest import Admin

APP = create_app(Settings(database_url="postgresql://none", kafka_bootstrap_servers="none", http_port=1))
OPENAPI = APP.openapi()


def method(route: APIRoute) -> str:
    return min(route.methods or {"GET"})


ROUTES = [pytest.param(route, id=f"{method(route)} {route.path}") for route in api.ROUTES]
EMPTY = {204, 304}


def operation(route: APIRoute) -> dict[str, Any]:
    found: dict[str, Any] = OPENAPI["paths"][route.path][method(route).lower()]
    return found


@pytest.mark.parametrize("route", ROUTES)
def test_every_answer_has_an_example(route: APIRoute) -> None:
    told = operation(route)
    assert told["x-right"]
    for status, answer in told["responses"].items():
        if int(status) in EMPTY or (route.path.endswith("/raw") and status == "200"):
            continue
        if answer["content"].keys() == {"application/json", "text/csv"}:
            assert "format" in {each["name"] for each in told["parameters"]}
        content = next(iter(answer["content"].values()))
        if int(status) < 300 and route.response_model is not None:
            # a default that is missing in the example would be seen as the difference
            model = TypeAdapter(route.response_model)
            dumped = model.dump_python(model.validate_python(content["example"]), mode="json", by_alias=True)
            assert dumped == content["example"]
        elif int(status) >= 400:
            assert list(answer["content"]) == ["application/problem+json"]
            assert content["example"].keys() == {"type", "title", "status", "detail"}
            assert content["example"]["status"] == int(status)
    assert all("…" not in str(each) for each in _examples(told)), "a field without words of its own"


@pytest.mark.parametrize("route", ROUTES)
def test_every_method_says_how_to_show_who_you_are(route: APIRoute) -> None:
    told = operation(route)
    schemes = OPENAPI["components"]["securitySchemes"]
    assert (told["security"] == []) is (told["x-right"] == "anybody")
    assert {name for way in told["security"] for name in way} <= schemes.keys()
    unsafe = method(route) not in {"GET", "HEAD"}
    assert all(("csrf" in way) is unsafe for way in told["security"] if "session" in way)


def test_every_list_and_file_says_what_kind_it_is() -> None:
    lists = [each for each in api.ROUTES if any(p["name"] == "format" for p in operation(each).get("parameters", []))]
    assert len(lists) == 7
    for route in lists:
        assert operation(route)["responses"]["200"]["content"].keys() == {"application/json", "text/csv"}
    raw = OPENAPI["paths"]["/admin/webhook-logs/{webhook_id}/raw"]["get"]["responses"]["200"]["content"]
    assert raw.keys() == {"application/octet-stream"}


def _examples(told: dict[str, Any]) -> list[Any]:
    answers = [content for answer in told["responses"].values() for content in answer.get("content", {}).values()]
    return [content["example"] for content in answers if "example" in content]


def test_who_asks_again_is_told_that_nothing_changed(admin: Admin) -> None:
    client = admin.bearer()
    order = client.get("/admin/orders?status=fulfilled&limit=1").json()["items"][0]["orderId"]
    webhook = client.get("/admin/webhook-logs?limit=1").json()["items"][0]["id"]
    letter = client.get("/admin/dead-letters?limit=1").json()["items"][0]["id"]
    for path in (f"orders/{order}", f"webhook-logs/{webhook}", f"dead-letters/{letter}", "topics"):
        first = client.get(f"/admin/{path}")
        same = client.get(f"/admin/{path}", headers={"if-none-match": f'"other", {first.headers["etag"]}'})
        if path == "topics" and same.status_code == 200:
            assert same.headers["etag"] != first.headers["etag"], "sampled anew in between"
            continue
        assert (same.status_code, same.content) == (304, b""), path
    before = client.get(f"/admin/orders/{order}").headers["etag"]
    assert client.post(f"/admin/orders/{order}/resend-keys").status_code == 202
    assert client.get(f"/admin/orders/{order}", headers={"if-none-match": before}).status_code == 200


def test_a_route_that_comes_in_past_the_guard_stops_the_process() -> None:
    """`make check` builds the app too (clients/generate.py --check), so it fails there without any test."""
    app, loose = FastAPI(docs_url=None, redoc_url=None), APIRouter()

    @loose.get("/admin/everything")
    async def everything() -> None: ...

    app.include_router(loose)
    with pytest.raises(UndeclaredRight, match="/admin/everything"):
        refuse_unguarded(app.routes)
