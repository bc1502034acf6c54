"""What was just done, told once on the next page. The cookie holds our own sentence, shown escaped."""

from urllib.parse import quote, unquote

from fastapi import Request
from fastapi.responses import RedirectResponse

COOKIE = "flash"


def take_flash(request: Request) -> str:
    """The sentence, if any; `render` takes the cookie away."""
    return unquote(request.cookies.get(COOKIE, ""))[:300]


def back_to(location: str, told: str) -> RedirectResponse:
    """After a form: go to `location` (a path of ours) and say what was done."""
    response = RedirectResponse(location, status_code=303)
    response.set_cookie(COOKIE, quote(told), max_age=30, httponly=True, samesite="lax", path="/")
    return response
