"""Every `path:name` in docs/architecture.md is really there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
HOP = re.compile(r"`((?:ingress|fulfillment|delivery|admin|common|kinguin)/[\w./-]+)(?::(\w+))?`")


def source_of(short: str) -> Path:
    package, _, rest = short.partition("/")
    home = "libs" if package in ("common", "kinguin") else "services"
    return ROOT / home / package / "src" / f"bitloot_{package}" / rest


@pytest.mark.parametrize(("path", "name"), sorted(set(HOP.findall(PAGE.read_text()))))
def test_the_page_names_what_exists(path: str, name: str) -> None:
    source = source_of(path)
    assert source.exists(), path
    if name:
        tree = ast.parse(source.read_text())
        named = {
            node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        assert name in named, f"{path} has {sorted(named)}"


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]), ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
