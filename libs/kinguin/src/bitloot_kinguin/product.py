"""What Kinguin says of a product to whoever activates it: nothing secret, nothing that a delivery needs."""

import html
import re
from dataclasses import dataclass
from typing import Any, Final

from bitloot_kinguin.reading import text_or_none

ACTIVATION_LENGTH_MAX: Final = 4_000
REGION_LENGTH_MAX: Final = 200
COUNTRIES_MAX: Final = 300

_COUNTRY = re.compile("[A-Z]{2}")
_LINE_END = re.compile(r"<br\s*/?>|</(?:p|li|div|h\d)>|\r\n?", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_GAP = re.compile(r"[ \t\xa0]*\n\s*\n\s*")


@dataclass(frozen=True, slots=True)
class ProductNotes:
    """`region` in Kinguin's words, `countries_excluded` by ISO 3166 code, `activation` as plain text in lines.

    Written by sellers: text to be shown, never markup to be trusted.
    """

    region: str | None = None
    countries_excluded: tuple[str, ...] = ()
    activation: str | None = None


def product_notes(item: dict[str, Any]) -> ProductNotes:
    """Reads `regionalLimitations`, `countryLimitation` and `activationDetails` (ESA, products v1).

    What is missing or of another type is left out: these notes are a courtesy.
    """
    countries = item.get("countryLimitation")
    codes = {code for code in countries if isinstance(code, str)} if isinstance(countries, list) else set()
    return ProductNotes(
        region=_plain(item.get("regionalLimitations"), REGION_LENGTH_MAX),
        countries_excluded=tuple(sorted(code for code in codes if _COUNTRY.fullmatch(code))[:COUNTRIES_MAX]),
        activation=_plain(item.get("activationDetails"), ACTIVATION_LENGTH_MAX),
    )


def _plain(value: Any, length_max: int) -> str | None:
    """Without tags, entities and the runs of empty lines that sellers leave."""
    text = _TAG.sub("", _LINE_END.sub("\n", text_or_none(value) or ""))
    return _GAP.sub("\n\n", html.unescape(text)).replace("\x00", "").strip()[:length_max] or None
