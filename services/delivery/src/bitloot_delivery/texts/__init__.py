"""What customers read: one YAML file per language, looked up by dotted name."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml
from markupsafe import Markup

LANGUAGES: Final = ("en", "de")
DEFAULT: Final = "en"


class Texts:
    """The texts of one language."""

    def __init__(self, language: str, tree: Mapping[str, Any]) -> None:
        self.language = language
        self._texts = dict(_flat(tree, ""))

    def __call__(self, name: str, /, **values: Any) -> str:
        """The text `name`, e.g. `page.reveal`, with its `{…}` filled in. Raises KeyError for an unknown name."""
        return self._texts[name].format_map(values)

    def markup(self, name: str, /, **values: Any) -> Markup:
        """The text as HTML: ours is taken as it is, a value that is not HTML already is escaped."""
        return Markup(self._texts[name]).format_map(values)  # noqa: S704  (our own file)

    def names(self) -> dict[str, str]:
        """Every name and its unfilled text."""
        return dict(self._texts)


@cache
def texts(locale: str | None) -> Texts:
    """The texts for a locale or an Accept-Language's first choice that we have, e.g. `de-AT`; else English."""
    language = choose(locale)
    tree = yaml.safe_load(files(__name__).joinpath(f"{language}.yaml").read_text("utf-8"))
    return Texts(language, tree)


def choose(wanted: str | None) -> str:
    """The language of ours that an Accept-Language header (or a locale) prefers, by its `q` values."""
    ranked: list[tuple[float, str]] = []
    for entry in (wanted or "").split(","):
        tag, _, parameter = entry.strip().partition(";")
        language = tag.strip().lower().partition("-")[0].partition("_")[0]
        if language in LANGUAGES:
            ranked.append((_quality(parameter), language))
    best = max(ranked, key=lambda choice: choice[0], default=(0.0, DEFAULT))
    return best[1] if best[0] > 0 else DEFAULT


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def _flat(tree: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    found = []
    for name, value in tree.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", value))
    return found
