"""The API's description: what FastAPI knows, and what it does not: problems, rights, examples."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from bitloot_admin.access import declared
from bitloot_admin.api.examples import example

PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457). Some answers have members of their own beside these.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token, or ADMIN_TOKEN."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-bitloot-admin",
        "description": "Set by `POST /admin/session`; without the prefix where admin is reached over plain http.",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "x-csrf-token",
        "description": "What a session's unsafe requests carry: `csrfToken` of `GET /admin/session`.",
    },
}
_SAID = {
    401: "Sign in, or send a bearer token.",
    403: "This needs the right 'act', which the role viewer does not hold.",
    404: "There is no order 01a207fe-32f1-718a-a040-c294bd113b8b.",
    409: "The job is over.",
    410: "The body is no longer kept; its retention has ended.",
    413: "The body is larger than 2 MiB.",
    415: "The body must be application/json.",
    422: "The request is not valid.",
    429: "Too many attempts from this address; wait a minute.",
}


def describe(app: FastAPI, routes: list[APIRoute]) -> None:
    """Replaces the app's description by the whole one. `routes` are the API's."""
    plain = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = plain()
            schemas = found["components"]["schemas"]
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            schemas["Problem"] = PROBLEM
            found["components"]["securitySchemes"] = SCHEMES
            for route in routes:
                for method in route.methods or ():
                    _complete(found["paths"][route.path][method.lower()], route, schemas)
        assert app.openapi_schema is not None, "made by FastAPI above"
        return app.openapi_schema

    app.openapi = whole  # type: ignore[method-assign]


def _complete(operation: dict[str, Any], route: APIRoute, schemas: dict[str, Any]) -> None:
    right = next((needs.right for needs in declared(route.dependant) if needs.right), None)
    operation["x-right"] = right or "anybody"
    safe = (route.methods or set()) <= {"GET", "HEAD"}
    operation["security"] = [{"token": []}, {"session": []} if safe else {"session": [], "csrf": []}] if right else []
    answers = operation["responses"]
    answers.pop("422", None)
    for status in _problems(operation, route, public=right is None):
        told = _problem(status)
        answers[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "example": told}
            },
        }
    for status, answer in answers.items():
        for media, content in answer.get("content", {}).items():
            if status.startswith("2") and media == "application/json":
                content["example"] = example(content["schema"], schemas)
    for content in operation.get("requestBody", {}).get("content", {}).values():
        content["example"] = example(content["schema"], schemas)


def _problems(operation: dict[str, Any], route: APIRoute, *, public: bool) -> Iterator[int]:
    """The refusals that are not declared by hand (`responses=` of the route) but follow from what it takes."""
    yield from () if public else (401, 403)
    if "{" in route.path:
        yield 404
    yield from (int(status) for status in route.responses if int(status) >= 400)
    if "requestBody" in operation:
        yield from (413, 415)
    if operation.get("parameters") or "requestBody" in operation:
        yield 422


def _problem(status: int) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _SAID[status],
    }
