"""What customers read: one YAML file per language, looked up by dotted name."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml
from bitloot_common.language import SPOKEN, language
from markupsafe import Markup

LANGUAGES: Final = SPOKEN
DEFAULT: Final = SPOKEN[0]


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


def texts(locale: str | None) -> Texts:
    """The texts for a locale or an Accept-Language header, in the language of ours that it prefers; else English."""
    return _texts_in(language(locale))


@cache  # by our own language, never by what somebody sent: a cache of those would grow without end
def _texts_in(spoken: str) -> Texts:
    return Texts(spoken, yaml.safe_load(files(__name__).joinpath(f"{spoken}.yaml").read_text("utf-8")))


def _flat(tree: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    found = []
    for name, value in tree.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", value))
    return found
