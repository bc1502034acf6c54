"""The link page in all its states, as HTML, with the headers that keep it to its reader."""

import io
from typing import Any, Final

from bitloot_kinguin import Code
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from bitloot_delivery.assets import Assets
from bitloot_delivery.brand import Brand
from bitloot_delivery.templates import render
from bitloot_delivery.texts import Texts, texts
from bitloot_delivery.use_cases.open_link import LinkState, OpenedLink
from bitloot_delivery.use_cases.reveal_keys import Revealed

PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif"})
QR_BORDER: Final = 4  # modules, white: what the standard asks, on a dark page too
STATUS: Final = {
    LinkState.UNKNOWN: 404,
    LinkState.REVOKED: 410,
    LinkState.EXPIRED: 410,
    LinkState.GONE: 410,
    LinkState.SPENT: 410,
    LinkState.WAITING: 200,
    LinkState.READY: 200,
}


class Pages:
    """Renders pages. `storage_origin` is the only other origin that a page may fetch from."""

    def __init__(self, brand: Brand, storage_origin: str) -> None:
        self.assets = Assets(brand)
        self._brand = brand
        self.headers = _headers(storage_origin)

    def of(self, opened: OpenedLink, token: str) -> Response:
        """The page of a genuine link in whatever state it is."""
        say = texts(opened.order.locale)
        context = {"order": opened.order, "token": token, "views": opened.views}
        if opened.state is LinkState.READY:
            stored, left = opened.codes_stored, opened.reveals_left
            return self._answer(200, "open.html", say, stored=stored, left=left, viewed=opened.viewed, **context)
        return self._answer(STATUS[opened.state], "state.html", say, state=str(opened.state), **context)

    def revealed(self, opened: OpenedLink, revealed: Revealed) -> Response:
        """The codes themselves, for a browser that runs no script. Nothing of it may be kept anywhere."""
        say = texts(opened.order.locale)
        contained = [code for content in revealed.contents for code in content.codes]
        codes = [_shown(code, say("page.qr_alt", number=number)) for number, code in enumerate(contained, 1)]
        context = {"order": opened.order, "views": revealed.views, "left": revealed.reveals_left}
        return self._answer(200, "revealed.html", say, codes=codes, **context)

    def plain(self, state: str, status: int, language: str | None, **headers: str) -> Response:
        """A page that knows no order: unknown, busy, unavailable, sent."""
        say = texts(language)
        answer = self._answer(status, "state.html", say, state=state, order=None, token="", views=None)
        answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        return answer

    def _answer(self, status: int, template: str, say: Texts, **context: Any) -> Response:
        html = render(template, say=say, brand=self._brand, assets=self.assets, **context)
        return HTMLResponse(html, status, headers=self.headers | {"Content-Language": say.language})


def _headers(storage_origin: str) -> dict[str, str]:
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
        f"connect-src 'self' {storage_origin}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "Vary": "Accept, Accept-Language",
    }


def _shown(code: Code, qr_label: str) -> dict[str, Any]:
    if code.type in PICTURES:
        ending = f".{code.type.partition('/')[2]}"
        return {"picture": True, "source": f"data:{code.type};base64,{code.reveal()}", "ending": ending}
    return {"picture": False, "value": code.reveal(), "qr": _qr(code.reveal(), qr_label)}


def _qr(text: str, label: str) -> Markup | None:
    """The code as an SVG picture named `label`; None when it is longer than a QR code can be."""
    import segno  # here, because only pages without a script draw

    try:
        picture = segno.make(text, micro=False)
    except segno.DataOverflowError:
        return None
    out = io.BytesIO()
    picture.save(
        out, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=QR_BORDER, svgclass=None, lineclass=None
    )
    drawn = Markup(out.getvalue().decode())  # noqa: S704  (segno's own drawing, of modules only)
    return Markup('<svg role="img" aria-label="{}" ').format(label) + drawn.removeprefix("<svg ")
