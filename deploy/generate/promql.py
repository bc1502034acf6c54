"""PromQL, as far as our own rules use it: every selector held to one namespace."""

import re
from typing import Final

_STRING: Final = r'"(?:\\.|[^"\\])*"'
_TOKEN: Final = re.compile(
    rf"""
    {_STRING} | \#[^\n]* | \[[^\]]*\] | \b\d[\w.]*                              # text, comments, ranges, numbers
    | \b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)           # labels
    | \b(?:and|or|unless|bool|offset|group_left|group_right)\b
    | [a-z_]\w*(?=\s*(?:\(|by\b|without\b))                                     # functions, aggregations
    | (?P<metric>[a-zA-Z_:][\w:]*)\s*(?:{{(?P<matchers>(?:{_STRING}|[^}}"])*)}})?
    | (?P<nameless>{{)
    """,
    re.VERBOSE,
)


class NamelessSelector(ValueError):
    """A selector without a metric's name, which we do not rewrite."""

    def __init__(self, query: str) -> None:
        super().__init__(f"a selector without a name in: {query}")


def of_namespace(query: str, namespace: str) -> str:
    """The query with `namespace="…"` in each of its selectors. Raises NamelessSelector."""
    return _TOKEN.sub(lambda found: _held(found, query, namespace), query)


def _held(found: re.Match[str], query: str, namespace: str) -> str:
    if found["nameless"]:
        raise NamelessSelector(query)
    if not found["metric"]:
        return found[0]
    matchers = [f'namespace="{namespace}"', *filter(None, [(found["matchers"] or "").strip().rstrip(",")])]
    gap = found[0][len(found[0].rstrip()) :]
    return f"{found['metric']}{{{','.join(matchers)}}}{gap}"
