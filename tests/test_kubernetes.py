"""The Kubernetes manifests: both overlays render, every object meets its schema, and every pod is given exactly
the settings that its service reads."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from bitloot_admin.settings import Settings as AdminSettings
from bitloot_delivery.settings import DeliverySettings
from bitloot_fulfillment.settings import Settings as FulfillmentSettings
from bitloot_ingress.settings import Settings as IngressSettings
from kustomized import HOME, OVERLAYS, Manifest, Render, of_kind

VERSION = "1.32"

SETTINGS: dict[str, type[Any]] = {
    "ingress": IngressSettings,
    "fulfillment": FulfillmentSettings,
    "delivery": DeliverySettings,
    "admin": AdminSettings,
}
# read by the OpenTelemetry SDK, not by our settings
OF_OPENTELEMETRY = {"OTEL_EXPORTER_OTLP_ENDPOINT"}


@cache
def custom_schemas() -> dict[str, Any]:
    """By kind: the operators' own, where CRD_DIR has them, else what we wrote down of them."""
    if not (directory := os.environ.get("CRD_DIR")):
        written: dict[str, Any] = yaml.safe_load((HOME / "custom-kinds.yaml").read_text())
        return written
    definitions = [yaml.safe_load(path.read_text())["spec"] for path in Path(directory).glob("*.yaml")]
    return {found["names"]["kind"]: _closed(found["versions"][0]["schema"]["openAPIV3Schema"]) for found in definitions}


def _closed(schema: Any) -> Any:
    """An API server drops what a CRD does not name; here that is a mistake."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    # patterns are Go's, which Python's reader does not always take
    closed = {name: _closed(each) for name, each in schema.items() if not (name == "pattern" and isinstance(each, str))}
    if "properties" in closed and not closed.get("x-kubernetes-preserve-unknown-fields"):
        closed.setdefault("additionalProperties", False)
    return closed


@pytest.mark.parametrize("overlay", [*OVERLAYS, "observability"])
def test_every_object_meets_its_schema(render: Render, overlay: str) -> None:
    custom = 0
    for manifest in render(overlay):
        name = f"{manifest['kind']} {manifest['metadata']['name']}"
        try:
            if "." in manifest["apiVersion"].partition("/")[0] and "k8s.io" not in manifest["apiVersion"]:
                custom += 1
                stripped = manifest | {"metadata": manifest["metadata"] | {"namespace": "any"}}
                schema = custom_schemas()[manifest["kind"]]
                meta = schema.get("properties", {}).get("metadata", {})
                meta.pop("additionalProperties", None)
                jsonschema.validate(stripped, schema)
            else:
                kubernetes_validate.validate(manifest, VERSION, strict=True)
        except jsonschema.ValidationError as error:
            pytest.fail(f"{name}: {error.message} at {'/'.join(map(str, error.absolute_path))}")
    assert custom > 20 or overlay == "observability"


@pytest.mark.parametrize("service", SETTINGS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_pod_is_given_what_its_service_reads_and_nothing_else(render: Render, overlay: str, service: str) -> None:
    environment = environment_of(render(overlay), service)
    fields = SETTINGS[service].model_fields
    assert set(environment) - {name.upper() for name in fields} - OF_OPENTELEMETRY == set()
    required = {name.upper() for name, field in fields.items() if field.is_required()}
    assert required - set(environment) == set()
    known = {name.lower(): value for name, value in environment.items() if value is not None and name.lower() in fields}
    SETTINGS[service](**(_placeholders(environment, fields) | known))


def environment_of(manifests: list[Manifest], service: str) -> dict[str, str | None]:
    """Every variable of the service's pod; a secret's value is None."""
    maps, secrets = of_kind(manifests, "ConfigMap"), of_kind(manifests, "ExternalSecret")
    (container,) = of_kind(manifests, "Deployment")[service]["spec"]["template"]["spec"]["containers"]
    found: dict[str, str | None] = {each["name"]: each.get("value") for each in container["env"]}
    for source in container["envFrom"]:
        if reference := source.get("configMapRef"):
            found |= maps[reference["name"]]["data"]
        else:
            target = secrets[source["secretRef"]["name"]]["spec"]["target"]
            assert target["name"] == source["secretRef"]["name"]
            found |= dict.fromkeys(target["template"]["data"])
    return found


def _placeholders(environment: dict[str, str | None], fields: dict[str, Any]) -> dict[str, str]:
    """A value of the right form for each secret."""
    keys = {"KEY_RING": "k1:" + "A" * 43, "LINK_SECRETS": "l1:" + "B" * 43}
    return {
        name.lower(): keys.get(name, "a-secret-of-32-characters-or-more")
        for name, value in environment.items()
        if value is None and name.lower() in fields
    }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_secret_is_fetched_for_a_use_and_every_use_is_fetched(render: Render, overlay: str) -> None:
    for name, secret in of_kind(render(overlay), "ExternalSecret").items():
        fetched = {each["secretKey"] for each in secret["spec"]["data"]}
        text = " ".join(secret["spec"]["target"]["template"]["data"].values())
        used = {each for each in fetched if f"{{{{ .{each} }}}}" in text or f"{{{{ .{each} |" in text}
        assert used == fetched, name
        assert text.count("{{") == len(fetched), name


@pytest.mark.parametrize("overlay", [*OVERLAYS, "observability"])
def test_every_pod_is_confined(render: Render, overlay: str) -> None:
    manifests = render(overlay)
    for manifest in (*of_kind(manifests, "Deployment").values(), *of_kind(manifests, "Job").values()):
        pod = manifest["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"], manifest["metadata"]["name"]
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"]
            assert not security["allowPrivilegeEscalation"]
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
            assert not container["image"].endswith(":latest"), "a node goes on with the one that it has"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_selects_a_service_finds_one(render: Render, overlay: str) -> None:
    manifests = render(overlay)
    pods = {
        name: each["spec"]["template"]["metadata"]["labels"] for name, each in of_kind(manifests, "Deployment").items()
    }
    services = of_kind(manifests, "Service")
    for name, labels in pods.items():
        selectors = [
            services[name]["spec"]["selector"],
            of_kind(manifests, "PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"],
        ]
        assert all(selector.items() <= labels.items() for selector in selectors), name
        monitor = of_kind(manifests, "ServiceMonitor")[name]["spec"]["selector"]["matchLabels"]
        assert monitor.items() <= services[name]["metadata"]["labels"].items(), name
    assert set(of_kind(manifests, "ScaledObject")) == {"fulfillment", "delivery"}
    topics = {each["spec"]["topicName"] for each in of_kind(manifests, "KafkaTopic").values()}
    for scaled in of_kind(manifests, "ScaledObject").values():
        assert {trigger["metadata"]["topic"] for trigger in scaled["spec"]["triggers"]} <= topics
        assert "replicas" not in of_kind(manifests, "Deployment")[scaled["metadata"]["name"]]["spec"]
    for route in of_kind(manifests, "Ingress").values():
        for path in route["spec"]["rules"][0]["http"]["paths"]:
            assert path["backend"]["service"]["name"] in services
