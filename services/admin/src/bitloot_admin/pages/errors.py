"""Errors as pages for people; the API keeps its problem+json."""

from typing import Any

from bitloot_common.problem import Problem, problem_response
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bitloot_admin.access import SignInFirst, identify
from bitloot_admin.pages.render import render

_TITLES = {
    403: "Not allowed",
    404: "Not found",
    409: "Not possible now",
    410: "No longer kept",
    422: "Not understood",
    429: "Too soon",
}


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
    return await render(request, "problem.html", status=status, title=title, detail=detail)


async def _is_page(request: Request) -> bool:
    path = request.url.path
    wants = "text/html" in request.headers.get("accept", "") and not path.startswith(("/admin", "/static"))
    return wants and await identify(request) is not None
