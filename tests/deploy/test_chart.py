"""The Helm chart: the same as the overlays, and a refusal with what to do where values cannot work."""

import json
import subprocess
from typing import Any

import pytest
import yaml

from relay.settings import Settings
from tests.deploy import rendering
from tests.deploy.rendering import CHART, OPERATOR_SETTINGS, OVERLAYS, Object

every_overlay = pytest.mark.parametrize("overlay", OVERLAYS)


def comparable(manifest: Object, settings: dict[str, str]) -> Object:
    """Return a manifest without what Helm adds, and with the operator's settings among the container's variables."""
    result: Object = json.loads(json.dumps(manifest))
    labels = result["metadata"].get("labels", {})
    for label in ("app.kubernetes.io/version", "app.kubernetes.io/managed-by", "helm.sh/chart"):
        labels.pop(label, None)
    if result["kind"] in ("StatefulSet", "Deployment"):
        pod = result["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        variables = {entry["name"]: entry for entry in container["env"]}
        if container.pop("envFrom", None):
            variables |= {name: {"name": name, "value": value} for name, value in settings.items()}
        container["env"] = variables
        container["volumeMounts"] = {mount["name"]: mount for mount in container["volumeMounts"]}
        pod["volumes"] = {volume["name"]: volume for volume in pod["volumes"]}
    return result


@every_overlay
def test_the_chart_renders_what_the_overlay_renders(overlay: str) -> None:
    settings = OPERATOR_SETTINGS[overlay]
    chart = {item["kind"]: comparable(item, settings) for item in rendering.helm(rendering.helm_values(overlay))}
    manifests = {item["kind"]: comparable(item, settings) for item in rendering.overlay(overlay)}
    del manifests["Namespace"]  # Helm's --create-namespace
    assert chart == manifests


@every_overlay
def test_helm_lint_finds_nothing(overlay: str) -> None:
    command = [rendering.tool("helm"), "lint", "--strict", str(CHART), "--values=-"]
    values = json.dumps(rendering.helm_values(overlay))
    result = subprocess.run(command, check=False, capture_output=True, text=True, input=values)
    assert result.returncode == 0, result.stdout
    assert "[WARNING]" not in result.stdout
    assert "[ERROR]" not in result.stdout


def merged(overlay: str, **changes: Any) -> dict[str, Any]:
    """Return the values of an overlay; a change replaces a whole group."""
    return {**rendering.helm_values(overlay), **changes}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param(merged("inside", tsl={}), "tsl", id="unknown value"),
        pytest.param(merged("inside", relay={"repository": "acme"}), "/relay/repository", id="no repository"),
        pytest.param(merged("inside", relay={"repository": "a/b", "repo": "c"}), "repo", id="unknown nested value"),
        pytest.param(merged("inside", credential={}), "set exactly one of credential.token", id="no credential"),
        pytest.param(
            merged("inside", credential={"token": {"existingSecret": "a"}, "sts": {"url": "https://b"}}),
            "set exactly one of credential.token",
            id="two credentials",
        ),
        pytest.param(merged("inside", credential={"app": {"existingSecret": "a"}}), "client ID", id="App without ID"),
        pytest.param(merged("inside", credential={"sts": {"url": "https://b"}}), "sts.identity", id="no identity"),
        pytest.param(merged("inside", callers={}), "set callers.existingSecret", id="no callers"),
        pytest.param(merged("inside", tls={}), "set tls.existingSecret", id="no certificate"),
        pytest.param(
            merged("inside", tls={"enabled": False, "clientCA": {"existingSecret": "a"}}),
            "tls.clientCA needs tls.enabled",
            id="client certificates without TLS",
        ),
        pytest.param(merged("inside", replicaCount=3), "one writer", id="three replicas on SQLite"),
    ],
)
def test_values_that_cannot_work_are_refused_with_what_to_do(values: dict[str, Any], message: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as error:
        rendering.helm(values)
    assert message in error.value.stderr


def test_without_tls_everything_is_http() -> None:
    objects = rendering.helm(merged("inside", tls={"enabled": False}, serviceMonitor={"enabled": True}))
    container = rendering.container(objects)
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http", "scheme": "HTTP"}
    assert not [name for name in rendering.environment(objects) if name.startswith("RELAY_TLS")]
    (endpoint,) = rendering.of_kind(objects, "ServiceMonitor")["spec"]["endpoints"]
    assert (endpoint["scheme"], endpoint.get("tlsConfig")) == ("http", None)


@pytest.mark.parametrize("probe", ["startupProbe", "livenessProbe", "readinessProbe"])
def test_with_mutual_tls_a_probe_needs_no_certificate(probe: str) -> None:
    tls = {"existingSecret": "relay-tls", "clientCA": {"existingSecret": "relay-client-ca"}}
    objects = rendering.helm(merged("inside", tls=tls))
    assert rendering.container(objects)[probe]["tcpSocket"] == {"port": "https"}
    assert rendering.environment(objects)["RELAY_TLS_CLIENT_CA_FILE"] == "/run/secrets/client-ca/ca.crt"


def test_a_digest_takes_precedence_over_the_tag() -> None:
    image = {"digest": "sha256:" + "0" * 64, "tag": "1.2.3"}
    container = rendering.container(rendering.helm(merged("inside", image=image)))
    assert container["image"] == "ghcr.io/falco-dispatch/falco-dispatch@sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("value", "kind"),
    [("serviceMonitor", "ServiceMonitor"), ("prometheusRule", "PrometheusRule"), ("dashboard", "ConfigMap")],
)
def test_monitoring_is_switched_by_values(value: str, kind: str) -> None:
    assert kind not in {manifest["kind"] for manifest in rendering.helm(merged("inside"))}
    assert rendering.of_kind(rendering.helm(merged("inside", **{value: {"enabled": True}})), kind)


def test_every_setting_can_be_reached_by_a_value() -> None:
    """`extraEnv` is for settings that are younger than the chart; none has to be set there."""
    everything = {
        "repository": "acme/desired-state",
        "workflow": "respond.yml",
        "ref": "main",
        "githubApiUrl": "https://github.example.com/api/v3",
        "minPriority": "Notice",
        "coalesceSeconds": 0.5,
        "maxBacklog": 1000000,
        "maxConnections": 2000,
        "maxConnectionsPerAddress": 300,
        "minIntervalSeconds": 0,
    }
    mutual = {"existingSecret": "a", "clientCA": {"existingSecret": "b"}}
    variables: dict[str, Any] = {}
    for values in (
        merged("outside", relay=everything, tls=mutual),
        merged("inside"),
        merged("keyless"),
        merged("keyless", relay={**everything, "allowAnonymous": True}, callers={}),
    ):
        variables |= rendering.environment(rendering.helm(values))
    names = {f"RELAY_{name.upper()}" for name in Settings.__dataclass_fields__}
    assert names - {name.removesuffix("_FILE") for name in variables} - variables.keys() == set()
    assert variables["RELAY_MAX_BACKLOG"] == "1000000"
    assert variables["RELAY_MIN_INTERVAL_SECONDS"] == "0"
    assert variables["RELAY_COALESCE_SECONDS"] == "0.5"


def test_every_secret_comes_from_a_secret_and_never_from_a_value() -> None:
    secrets = {f"RELAY_{name.upper()}" for name, field in Settings.__dataclass_fields__.items() if not field.repr}
    sources: dict[str, Any] = {}
    for overlay in OVERLAYS:
        for name, value in rendering.environment(rendering.helm(rendering.helm_values(overlay))).items():
            base = name.removesuffix("_FILE")
            if base in secrets and not str(value).startswith("sqlite:"):
                sources[base] = value
    assert sources == {
        "RELAY_GITHUB_TOKEN": "/run/secrets/github/token",
        "RELAY_GITHUB_APP_PRIVATE_KEY": "/run/secrets/github/app.pem",
        "RELAY_OUTBOX": {"secretKeyRef": {"name": "relay-nats", "key": "address"}},
    }
    assert sources.keys() == secrets


def test_the_schema_describes_every_value_and_no_other() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())

    def differences(described: dict[str, Any], value: dict[str, Any], path: str) -> list[str]:
        properties = described.get("properties")
        if properties is None or not isinstance(value, dict):
            return []
        names = sorted(properties.keys() ^ value.keys())
        nested = [differences(properties[name], value[name], f"{path}.{name}") for name in properties.keys() & value]
        return [f"{path}.{name}" for name in names] + [name for group in nested for name in group]

    assert differences(schema, values, "") == [".global", ".resources.claims"]
