"""A Grafana dashboard from rows of panels: where each goes, and how its queries are written down."""

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

DATASOURCE: Final = {"type": "prometheus", "uid": "prometheus"}
COLUMNS: Final = 24
HEIGHT: Final = 8


@dataclass(frozen=True, slots=True)
class Panel:
    """`lines` are PromQL by legend. `kind` is a Grafana panel type."""

    title: str
    unit: str
    lines: dict[str, str]
    kind: str = "timeseries"
    says: str = ""
    red_above: float | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page: its rows by title."""

    title: str
    rows: dict[str, list[Panel]] = field(default_factory=dict)


def to_json(name: str, page: Dashboard) -> str:
    """The dashboard's file; `name` makes its address in Grafana."""
    return json.dumps(_page(name, page), indent=1, ensure_ascii=False) + "\n"


def _page(name: str, page: Dashboard) -> dict[str, Any]:
    panels: list[dict[str, Any]] = []
    ids, y = count(1), 0
    for title, row in page.rows.items():
        panels.append(
            {
                "id": next(ids),
                "type": "row",
                "title": title,
                "collapsed": False,
                "panels": [],
                "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": y},
            }
        )
        width = COLUMNS // len(row)
        for place, panel in enumerate(row):
            at = {"h": HEIGHT, "w": width, "x": place * width, "y": y + 1}
            panels.append({"id": next(ids), "gridPos": at, **_panel(panel)})
        y += HEIGHT + 1
    return {
        "uid": f"bitloot-{name}",
        "title": page.title,
        "tags": ["bitloot"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "links": [
            {
                "type": "dashboards",
                "title": "BitLoot",
                "tags": ["bitloot"],
                "asDropdown": True,
                "includeVars": True,
                "keepTime": True,
            }
        ],
        "panels": panels,
    }


def _panel(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.red_above is not None:
        steps.append({"color": "red", "value": panel.red_above})
    targets = [
        {"refId": chr(ord("A") + number), "datasource": DATASOURCE, "expr": expr, "legendFormat": legend or panel.title}
        for number, (legend, expr) in enumerate(panel.lines.items())
    ]
    defaults = {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}}
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "datasource": DATASOURCE,
        "targets": targets,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {},
    }
