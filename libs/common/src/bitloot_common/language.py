"""Which of our languages the customer reads (RFC 9110, Accept-Language)."""

from typing import Final

SPOKEN: Final = ("en", "de")

_ENTRIES_MAX: Final = 20


def language(wanted: str | None) -> str:
    """The best of ours for an Accept-Language header or a locale (`de_AT`); English where none is asked for."""
    ranked: list[tuple[float, int, str]] = []
    for place, entry in enumerate((wanted or "").split(",", _ENTRIES_MAX)[:_ENTRIES_MAX]):
        tag, _, parameters = entry.partition(";")
        primary = tag.strip().lower().replace("_", "-").partition("-")[0]
        if primary in SPOKEN and (quality := _quality(parameters)) > 0:
            ranked.append((-quality, place, primary))
    return min(ranked)[2] if ranked else SPOKEN[0]


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        given = float(value)
    except ValueError:
        return 0.0
    return min(1.0, given) if given > 0 else 0.0  # written so that `nan` is none
