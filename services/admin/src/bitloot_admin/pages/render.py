"""Jinja: one environment, what every template may use, and the security headers of every page."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from bitloot_admin.access import identify
from bitloot_admin.pages.flash import take_flash
from bitloot_admin.pages.highlight import highlight
from bitloot_admin.pages.icons import icon
from bitloot_admin.rights import Right
from bitloot_admin.store import saved_views
from bitloot_admin.use_cases.keep_view import PAGES
from bitloot_admin.words import word

_HERE = Path(__file__).parent.parent
STATIC = _HERE / "static"

# script-src 'self': no inline script, no eval; htmx is a vendored file of a recorded hash.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}


@cache
def asset(name: str) -> str:
    """The URL of a static file, changing with its content so that browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def duration(milliseconds: float | None) -> str:
    """`840 ms`, `12.4 s`, `3 min 20 s`, `5 h 12 min`, `3 d 4 h`."""
    if milliseconds is None:
        return ""
    seconds = milliseconds / 1000
    if seconds < 1:
        return f"{milliseconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, hours, days = seconds / 60, seconds / 3600, seconds / 86400
    if minutes < 60:
        return f"{int(minutes)} min {int(seconds % 60)} s" if minutes < 10 else f"{minutes:.0f} min"
    if hours < 24:
        return f"{int(hours)} h {int(minutes % 60)} min"
    return f"{int(days)} d {int(hours % 24)} h" if days < 10 else f"{days:.0f} d"


def ago(at: datetime | None) -> str:
    """How long ago, coarsely; a time to come is `in …`."""
    if at is None:
        return ""
    seconds = (datetime.now(UTC) - at).total_seconds()
    text = _coarse(abs(seconds))
    if text == "now":
        return text
    return f"{text} ago" if seconds >= 0 else f"in {text}"


def _coarse(seconds: float) -> str:
    if seconds < 5:
        return "now"
    for limit, unit, size in ((60, "s", 1), (3600, "min", 60), (86400, "h", 3600), (86400 * 60, "d", 86400)):
        if seconds < limit:
            return f"{int(seconds / size)} {unit}"
    return f"{int(seconds / 86400 / 30.4)} months"


def utc(at: datetime) -> str:
    """`2026-11-23 07:49:25 UTC`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def pretty(value: Any) -> str:
    """JSON as people read it."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str).decode()


def indented(text: str | None) -> str | None:
    """JSON text as people read it; None when it is no JSON."""
    try:
        return pretty(orjson.loads(text or ""))
    except orjson.JSONDecodeError:
        return None


def short(identifier: object) -> str:
    """A UUIDv7's tail: its head is the time, alike for neighbours."""
    text = str(identifier)
    return f"…{text[-8:]}" if len(text) == 36 else text


def sentence(text: str) -> str:
    """With a capital letter first; names in it stay as they are."""
    return text[:1].upper() + text[1:]


def number(value: float | None) -> str:
    """Digits in groups of three."""
    return "–" if value is None else f"{value:,.0f}".replace(",", " ")  # a narrow no-break space


def coins(value: Decimal) -> str:
    """A coin amount as people write it: no exponent, no zeros behind the last digit that says something."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "duration": duration,
        "ago": ago,
        "utc": utc,
        "pretty": pretty,
        "indented": indented,
        "short": short,
        "number": number,
        "coins": coins,
        "highlight": highlight,
        "sentence": sentence,
    }
    found.globals |= {"asset": asset, "icon": icon, "word": word, "Right": Right}
    return found


_JINJA = _environment()


async def render(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """The page. Every template knows who looks (`who`), where (`here`) and what was just done (`flash`)."""
    parts = request.app.state.parts
    who = await identify(request)
    flash = take_flash(request)
    keeper = who.person_id if who and request.url.path in PAGES else None
    saved = await saved_views.of_page(parts.pool, keeper, request.url.path) if keeper else []
    html = _JINJA.get_template(template).render(
        {
            "who": who,
            "request": request,
            "path": request.url.path,
            "url_with": lambda **changes: url_with(request, **changes),
            "csv_url": lambda path: "/admin" + url_with(request, path, format="csv", cursor=None, offset=None),
            "flash": flash,
            "saved": saved,
            "keeps_views": keeper is not None,
            "open_letters": await parts.open_dead_letters.get() if who else 0,
            **context,
        }
    )
    response = HTMLResponse(html, status_code=status, headers=HEADERS)
    if flash:
        response.delete_cookie("flash", path="/")
    return response


def url_with(request: Request, path: str | None = None, **changes: str | None) -> str:
    """This page's URL, or `path`'s, with some of its parameters changed; None takes one away."""
    kept = [(k, v) for k, v in request.query_params.multi_items() if k not in changes and v != ""]
    query = urlencode([*kept, *((k, v) for k, v in changes.items() if v is not None)])
    path = path or request.url.path
    return f"{path}?{query}" if query else path


def template(name: str) -> Template:
    """A template by its name, for pages that nobody has signed in to."""
    return _JINJA.get_template(name)
