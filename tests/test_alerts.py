"""Alert rules and dashboards: each rule fires and keeps silent as its promtool test says, each has its page in
docs/operations.md, and every metric that a rule or a panel names is one that our code exports."""

import importlib
import json
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

ROOT = Path(__file__).parents[1]
HOME = ROOT / "deploy" / "observability"
RULES = sorted((HOME / "prometheus" / "rules").glob("*.yml"))
TESTS = sorted((HOME / "prometheus" / "tests").glob("*.yml"))
DASHBOARDS = sorted((HOME / "grafana" / "dashboards").glob("*.json"))
SERVICES = ("ingress", "fulfillment", "delivery", "admin")

OF_PROMETHEUS = {"up"}
METRIC = re.compile(r"\b(?:bitloot[_:]\w[\w:]*|process_\w+|up\b)")


def rules(kind: str) -> list[dict[str, Any]]:
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"] if kind in rule]


def alert_tests() -> list[dict[str, Any]]:
    return [
        case
        for path in TESTS
        for test in yaml.safe_load(path.read_text())["tests"]
        for case in test.get("alert_rule_test", [])
    ]


@cache
def exported() -> set[str]:
    """The names of all samples that the four services' processes expose."""
    for service in SERVICES:
        importlib.import_module(f"bitloot_{service}.app")
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
    return {
        family.name + suffix for family in REGISTRY.collect() for suffix in suffixes.get(family.type, ("",))
    } | OF_PROMETHEUS


def queries() -> dict[str, str]:
    """Every PromQL expression of ours, by where it stands."""
    found = {f"rule {rule.get('alert') or rule['record']}": rule["expr"] for rule in rules("expr")}
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", ()):
                found[f"{path.stem}: {panel['title']} {target['refId']}"] = target["expr"]
    return found


def test_promtool_finds_every_rule_as_its_test_says(tool: Callable[..., str]) -> None:
    done = subprocess.run(
        [tool("promtool"), "test", "rules", *(str(path) for path in TESTS)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_configuration(tool: Callable[..., str]) -> None:
    config = HOME / "prometheus" / "prometheus.yml"
    done = subprocess.run([tool("promtool"), "check", "config", str(config)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("fires", [True, False], ids=["fires", "keeps silent"])
def test_every_alert_is_tested_both_ways(fires: bool) -> None:
    tested = {case["alertname"] for case in alert_tests() if bool(case["exp_alerts"]) is fires}
    assert {rule["alert"] for rule in rules("alert")} == tested


def test_everything_asked_for_is_exported() -> None:
    known = exported() | {rule["record"] for rule in rules("record")}
    unknown = {where: sorted(set(METRIC.findall(query)) - known) for where, query in queries().items()}
    assert {where: names for where, names in unknown.items() if names} == {}


def test_a_selector_names_labels_that_its_metric_has() -> None:
    exported()
    labels: dict[str, tuple[str, ...]] = {
        name: getattr(collector, "_labelnames", ())
        for collector, names in REGISTRY._collector_to_names.items()
        for name in names
    }
    of_the_scrape = {"job", "instance", "le"}
    for where, query in queries().items():
        for name, selector in re.findall(r"\b(bitloot_\w+){([^}]*)}", query):
            asked = set(re.findall(r"(\w+)(?:=~|!~|!=|=)\"", selector)) - of_the_scrape
            assert asked <= set(labels[name]), where


def test_every_metric_of_ours_is_shown_or_watched() -> None:
    asked = {name for query in queries().values() for name in METRIC.findall(query)}
    families = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in asked}
    exported()
    ours = {family.name for family in REGISTRY.collect() if family.name.startswith("bitloot_")}
    # how many look at live pages is nobody's concern but the curious one's
    assert ours - families - {"bitloot_admin_live_watchers", "bitloot_admin_live_events"} == set()


def test_every_alert_has_a_severity_a_summary_and_a_page() -> None:
    pages = re.findall(r"^### (\w+)$", (ROOT / "docs" / "operations.md").read_text(), re.M)
    for rule in rules("alert"):
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]
        assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{rule['alert'].lower()}"
    assert sorted(rule["alert"] for rule in rules("alert")) == sorted(pages)
