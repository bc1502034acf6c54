"""The manifests' edges: what the world reaches of us, what our pods reach, how many connections that makes, and whose
metrics the alerts look at."""

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import contracts
import pytest
import yaml
from bitloot_common.settings import DatabaseSettings
from bitloot_ingress.settings import Settings as IngressSettings
from kustomized import DEPLOY, HOME, OVERLAYS, Manifest, Render, of_kind
from promql import NamelessSelector, of_namespace

PUBLIC = ("ingress", "delivery", "admin")
OF_MACHINES = {"/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"}
PART = {"app.kubernetes.io/part-of": "bitloot"}


def paths(routes: Iterable[Any]) -> Iterator[str]:
    """Of an application: each route's path."""
    for route in routes:
        included = getattr(route, "original_router", None)
        yield from [route.path] if included is None else paths(included.routes)


def reaches(rule: dict[str, Any], path: str) -> bool:
    """As Kubernetes says it: a prefix goes by whole elements."""
    if rule["pathType"] == "Exact":
        return bool(rule["path"] == path)
    return path == rule["path"] or path.startswith(rule["path"].rstrip("/") + "/")


@pytest.mark.parametrize("service", PUBLIC)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_world_reaches_all_that_is_for_it_and_nothing_that_is_for_machines(
    render: Render, overlay: str, service: str
) -> None:
    rules = [path for route in of_kind(render(overlay), "Ingress").values() for path in _paths_of(route)]
    assert {rule["backend"]["service"]["name"] for rule in rules} == set(PUBLIC)
    ours = [rule for rule in rules if rule["backend"]["service"]["name"] == service]
    for path in paths(contracts.apis()[service].routes):
        public = "/" + path.split("/")[1] not in OF_MACHINES
        assert any(reaches(rule, path) for rule in ours) is public, path


def _paths_of(route: Manifest) -> list[dict[str, Any]]:
    (rule,) = route["spec"]["rules"]
    found: list[dict[str, Any]] = rule["http"]["paths"]
    return found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_our_pods_alone_are_held(render: Render, overlay: str) -> None:
    manifests = render(overlay)
    policies = of_kind(manifests, "NetworkPolicy")
    assert policies["default-deny"]["spec"] == {
        "podSelector": {"matchLabels": PART},
        "policyTypes": ["Ingress", "Egress"],
    }, "whatever else runs in the namespace is not ours to cut off"
    for kind in ("Deployment", "Job"):
        for name, each in of_kind(manifests, kind).items():
            assert PART.items() <= each["spec"]["template"]["metadata"]["labels"].items(), name
    to_names, *_ = policies["engines"]["spec"]["egress"]
    assert {"ipBlock": {"cidr": "169.254.20.10/32"}} in to_names["to"], "NodeLocal DNSCache"
    # one rule, for an overlay to replace
    (to_database,) = policies["database"]["spec"]["egress"]
    assert [port["port"] for port in to_database["ports"]] == [5432]


def test_a_managed_database_is_a_patch_away(render: Render) -> None:
    """The one that production has as a comment."""
    text = (HOME / "overlays" / "production" / "kustomization.yaml").read_text()
    commented = re.findall(r"^  # (- target: {kind: NetworkPolicy.*|  patch: .*|    - {op.*)$", text, re.M)
    ((patch,),) = [yaml.safe_load("\n".join(commented))]
    ((operation,),) = [yaml.safe_load(patch["patch"])]
    place: Any = of_kind(render("production"), "NetworkPolicy")[patch["target"]["name"]]
    for step in operation["path"].split("/")[1:]:
        place = place[int(step) if step.isdigit() else step]
    assert operation["op"] == "replace"
    assert place, "there is something to replace"


@pytest.mark.parametrize("service", ["ingress", "fulfillment", "delivery", "admin"])
def test_who_calls_others_over_https_may(render: Render, service: str) -> None:
    """Admin too: single sign-on asks the OpenID provider."""
    (selected,) = of_kind(render("production"), "NetworkPolicy")["providers"]["spec"]["podSelector"]["matchExpressions"]
    assert service in selected["values"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_page_says_how_many_connections_postgresql_must_take(render: Render, overlay: str) -> None:
    """The most that there can be: every replica that may be started, and one more of each during a rollout."""
    manifests = render(overlay)
    table = re.findall(r"^\| (\w+) \| (\d+|–) \| (\d+) \| (\d+) \|$", (HOME / "README.md").read_text(), re.M)
    written = {name: {"each": each, "staging": int(a), "production": int(b)} for name, each, a, b in table}
    scaled = of_kind(manifests, "ScaledObject")
    for name, each in of_kind(manifests, "Deployment").items():
        most = scaled[name]["spec"]["maxReplicaCount"] if name in scaled else each["spec"]["replicas"]
        surge = each["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
        assert written[name]["each"] == str(connections_of(name)), name
        assert written[name][overlay] == (most + surge) * connections_of(name), name
    assert written.pop("sum")[overlay] == sum(int(cells[overlay]) for cells in written.values())


def connections_of(service: str) -> int:
    """A full pool, the relay's own, and the flushers' of ingress."""
    flushers = IngressSettings.model_fields["webhook_flushers"].default if service == "ingress" else 0
    return int(DatabaseSettings.model_fields["database_pool_size_max"].default) + 1 + int(flushers)


def test_one_shops_health_does_not_hide_anothers_outage(
    render: Render, tool: Callable[..., str], tmp_path: Path
) -> None:
    rules = of_kind(render("production"), "PrometheusRule")["bitloot"]["spec"]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(rules))
    ups = [
        {"series": f'up{{job="{job}",namespace="{namespace}"}}', "values": f"{value}x20"}
        for job in ("ingress", "fulfillment", "delivery", "admin")
        for namespace, value in (("bitloot", int(job != "delivery")), ("bitloot-staging", 1))
    ]
    summary = next(
        each["annotations"]
        for group in rules["groups"]
        for each in group["rules"]
        if each.get("alert") == "ServiceDown"
    )
    expected = {
        "exp_labels": {"severity": "page", "job": "delivery", "namespace": "bitloot"},
        "exp_annotations": {name: text.replace("{{ $labels.job }}", "delivery") for name, text in summary.items()},
    }
    case = {"eval_time": "10m", "alertname": "ServiceDown", "exp_alerts": [expected]}
    tests = {"rule_files": ["rules.yml"], "tests": [{"interval": "1m", "input_series": ups, "alert_rule_test": [case]}]}
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests))
    done = subprocess.run(
        [tool("promtool"), "test", "rules", str(tmp_path / "tests.yml")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_asks_for_its_own_namespace_and_says_it(render: Render) -> None:
    assert of_kind(render("staging"), "PrometheusRule") == {}, "nobody is woken for it"
    for group in of_kind(render("production"), "PrometheusRule")["bitloot"]["spec"]["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["namespace"] == "bitloot"
            for name, after in re.findall(r"\b(bitloot[_:]\w[\w:]*|process_\w+|up\b)(.{0,22})", rule["expr"]):
                assert after.startswith('{namespace="bitloot"'), f"{name} in {rule['expr']}"


@pytest.mark.parametrize(
    ("query", "held"),
    [
        ("up", 'up{namespace="n"}'),
        ("sum by (up) (rate(up[5m]))", 'sum by (up) (rate(up{namespace="n"}[5m]))'),
        ('sum(a:b{c="}\\"", d=~"e"}) by (c)', 'sum(a:b{namespace="n",c="}\\"", d=~"e"}) by (c)'),
        ("a > on (b) group_left c offset 5m", 'a{namespace="n"} > on (b) group_left c{namespace="n"} offset 5m'),
        ("max_over_time(a[1h:5m]) > bool 1e3", 'max_over_time(a{namespace="n"}[1h:5m]) > bool 1e3'),
        ("time() - a{} unless b", 'time() - a{namespace="n"} unless b{namespace="n"}'),
    ],
)
def test_a_query_is_held_to_a_namespace(query: str, held: str) -> None:
    assert of_namespace(query, "n") == held


def test_a_selector_without_a_name_is_not_passed_over() -> None:
    with pytest.raises(NamelessSelector):
        of_namespace('{job="a"}', "n")


def test_the_collector_is_where_the_services_send_to_and_the_dashboards_are_all_there(render: Render) -> None:
    beside = render("observability")
    config = of_kind(render("production"), "ConfigMap")
    (common,) = {each["data"]["OTEL_EXPORTER_OTLP_ENDPOINT"] for each in config.values()}
    service = of_kind(beside, "Service")["otel-collector"]
    (port,) = service["spec"]["ports"]
    assert common == f"http://otel-collector.{service['metadata']['namespace']}:{port['port']}"
    dashboards = of_kind(beside, "ConfigMap")["bitloot-dashboards"]
    assert dashboards["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert set(dashboards["data"]) == {each.name for each in (DEPLOY / "observability/grafana/dashboards").glob("*")}
