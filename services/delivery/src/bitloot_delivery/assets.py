"""The page's own style sheet and scripts: served under a name with their hash, and named with it (SRI)."""

import base64
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from bitloot_delivery.brand import Brand

_TYPES: Final = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. `integrity` is its SRI value, `url` where the page finds it."""

    name: str
    content: bytes
    media_type: str
    integrity: str
    url: str


class Assets:
    """All files of `static/`, read once: `@…@` becomes the shop's colour, an import the other file's URL."""

    def __init__(self, brand: Brand) -> None:
        self._by_url: dict[str, Asset] = {}
        self._by_name: dict[str, Asset] = {}
        directory = files(__package__).joinpath("static")
        for name in ("page.css", "qr.js", "page.js"):
            self._add(name, _coloured(directory.joinpath(name).read_bytes(), brand))

    def __getitem__(self, name: str) -> Asset:
        return self._by_name[name]

    def at(self, file: str) -> Asset | None:
        """The asset that is served as `/d/assets/<file>`."""
        return self._by_url.get(f"/d/assets/{file}")

    def _add(self, name: str, content: bytes) -> None:
        for known in self._by_name.values():
            content = content.replace(f'"./{known.name}"'.encode(), f'"{known.url}"'.encode())
        digest = hashlib.sha384(content).digest()
        stem, _, ending = name.rpartition(".")
        url = f"/d/assets/{stem}.{digest.hex()[:16]}.{ending}"
        asset = Asset(name, content, _TYPES[ending], f"sha384-{base64.b64encode(digest).decode()}", url)
        self._by_name[name] = self._by_url[url] = asset


def _coloured(content: bytes, brand: Brand) -> bytes:
    colours = {
        b"@on-light@": brand.on_light,
        b"@on-dark@": brand.on_dark,
        b"@button@": brand.button,
        b"@on-colour@": brand.on_colour,
    }
    for placeholder, colour in colours.items():
        content = content.replace(placeholder, colour.encode())
    return content
