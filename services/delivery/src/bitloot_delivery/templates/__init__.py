"""Jinja templates of mails and pages; HTML ones escape what they show."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

_ENVIRONMENT = Environment(
    loader=PackageLoader(__name__.partition(".")[0], "templates"),
    autoescape=select_autoescape(["html"], default_for_string=True, default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(name: str, /, **context: Any) -> str:
    """The template `name` with `context`; a name that the context lacks is an error, not an empty space."""
    return _ENVIRONMENT.get_template(name).render(**context)
