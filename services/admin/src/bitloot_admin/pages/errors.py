"""Errors as pages for people; the API keeps its problem+json."""

from typing import Any, Final

import asyncpg
import structlog
from bitloot_common.problem import Problem, problem_response
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bitloot_admin.access import SignInFirst, identify
from bitloot_admin.pages.render import HEADERS, render, template

log = structlog.get_logger(__name__)

_TITLES = {
    403: "Not allowed",
    404: "Not found",
    409: "Not possible now",
    410: "No longer kept",
    413: "Too large",
    422: "Not understood",
    429: "Too soon",
    500: "Something went wrong on our side",
    503: "Not available for the moment",
}
RETRY_AFTER_S: Final = 5
# the database cannot be reached, goes down, comes up, or has no connection left
AWAY: Final = (
    OSError,  # TimeoutError among them: a connection that was waited for too long
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # its connection ended while a statement was on the way
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)


def install_error_pages(app: FastAPI) -> None:
    """People who ask for a page get errors as pages; everybody else as before."""

    @app.exception_handler(SignInFirst)
    async def on_sign_in_first(_: Request, error: SignInFirst) -> Response:
        return RedirectResponse((error.headers or {})["location"], status_code=303)

    @app.exception_handler(Problem)
    async def on_problem(request: Request, error: Problem) -> Response:
        return await _answer(request, error.status, error.detail, headers=error.headers, **error.extra)

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers) if error.headers else None
        return await _answer(request, error.status_code, str(error.detail), headers=headers)

    unexpected = app.exception_handlers[Exception]

    @app.exception_handler(Exception)
    async def on_unexpected(request: Request, error: Exception) -> Response:
        answer: Response = await unexpected(request, error)  # type: ignore[misc]
        return _failure(500, "It has been recorded. Try again.") if _wants_page(request) else answer

    async def on_away(request: Request, error: Exception) -> Response:
        if isinstance(error, (FileNotFoundError, LookupError)):  # a template that is not there is an OSError too
            return await on_unexpected(request, error)
        log.warning("http.unavailable", error=type(error).__name__)
        detail, headers = "The database does not answer. Nothing was changed.", {"retry-after": str(RETRY_AFTER_S)}
        if _wants_page(request):
            return _failure(503, detail, headers=headers)
        return problem_response(503, detail, headers=headers)

    for kind in AWAY:
        app.add_exception_handler(kind, on_away)

    @app.exception_handler(asyncpg.DataError)
    async def on_data(request: Request, _: Exception) -> Response:
        return await _answer(request, 422, "The request holds a character or a value that cannot be looked for.")

    invalid = app.exception_handlers[RequestValidationError]

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        if await _is_page(request):
            return await _answer(request, 422, "; ".join(f"{e['loc'][-1]}: {e['msg']}" for e in error.errors()))
        answer: Response = await invalid(request, error)  # type: ignore[misc]
        return answer


async def _answer(
    request: Request, status: int, detail: str, *, headers: dict[str, str] | None = None, **extra: Any
) -> Response:
    if not await _is_page(request):
        return problem_response(status, detail, headers=headers, **extra)
    title = _TITLES.get(status, "That did not work")
    page = await render(request, "problem.html", status=status, title=title, detail=detail)
    page.headers.update(headers or {})
    return page


async def _is_page(request: Request) -> bool:
    return _wants_page(request) and await identify(request) is not None


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(("/admin", "/static"))


def _failure(status: int, detail: str, *, headers: dict[str, str] | None = None) -> Response:
    """A page that needs neither the database nor anybody's session."""
    html = template("failure.html").render(title=_TITLES[status], detail=detail)
    return HTMLResponse(html, status_code=status, headers=HEADERS | (headers or {}))
