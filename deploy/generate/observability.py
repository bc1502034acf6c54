"""Which files of deploy/observability follow from `slo.py` and `dashboards.py`."""

from pathlib import Path
from typing import Final

import dashboards
import slo
from grafana import to_json

HOME: Final = Path(__file__).parents[1] / "observability"


def files() -> dict[Path, str]:
    """Their paths and texts."""
    pages = {
        HOME / "grafana" / "dashboards" / f"{name}.json": to_json(name, page)
        for name, page in dashboards.all_of_them().items()
    }
    return {HOME / "prometheus" / "rules" / "slo.yml": slo.rules(), **pages}
