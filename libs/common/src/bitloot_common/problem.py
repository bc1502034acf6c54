"""Errors over HTTP: `application/problem+json` (RFC 9457)."""

from http import HTTPStatus
from typing import Any, ClassVar

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

log = structlog.get_logger(__name__)


class Problem(Exception):
    """An error that its caller is told about. `extra` become members of the problem object."""

    status: ClassVar[int] = 400
    title: ClassVar[str | None] = None

    def __init__(self, detail: str, *, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers
        self.extra = extra


class Unauthorized(Problem):
    status = 401


class Forbidden(Problem):
    status = 403


class NotFound(Problem):
    status = 404


class Conflict(Problem):
    status = 409


class Gone(Problem):
    status = 410


class Unprocessable(Problem):
    status = 422


class TooManyRequests(Problem):
    status = 429


class Unavailable(Problem):
    status = 503


def problem_response(
    status: int,
    detail: str,
    *,
    title: str | None = None,
    headers: dict[str, str] | None = None,
    **extra: Any,
) -> Response:
    """A problem+json response; `type` is `about:blank`, so `title` is the status phrase unless given."""
    body = {
        "type": "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    content = orjson.dumps({**body, **extra}, default=str)
    return Response(content, status_code=status, headers=headers, media_type="application/problem+json")


def install_problems(app: FastAPI) -> None:
    """Every error of `app` becomes problem+json; what we did not expect is logged and says nothing inside."""

    @app.exception_handler(Problem)
    async def on_problem(_: Request, error: Problem) -> Response:
        return problem_response(error.status, error.detail, title=error.title, headers=error.headers, **error.extra)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(_: Request, error: RequestValidationError) -> Response:
        errors = [
            {"pointer": "/" + "/".join(str(part) for part in item["loc"]), "detail": item["msg"]}
            for item in error.errors()
        ]
        return problem_response(422, "The request is not valid.", errors=errors)

    @app.exception_handler(HTTPException)
    async def on_http(_: Request, error: HTTPException) -> Response:
        headers = dict(error.headers) if error.headers else None
        return problem_response(error.status_code, str(error.detail), headers=headers)

    @app.exception_handler(Exception)
    async def on_unexpected(request: Request, error: Exception) -> Response:
        log.error("http.unexpected", method=request.method, route=_route(request), exc_info=error)
        return problem_response(500, "Something went wrong on our side; it has been recorded.")


def _route(request: Request) -> str:
    """The route's template, never the path: a path may carry a link's token."""
    route = request.scope.get("route")
    return getattr(route, "path", "unknown")
