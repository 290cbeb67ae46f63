"""Every object in deploy/ fits the schema of its kind."""

from pathlib import Path

import pytest

from tests.deploy import rendering
from tests.deploy.rendering import DEPLOY, KUSTOMIZE, OVERLAYS, Object
from tests.deploy.schemas import VERSIONS, Invalid, check

every_overlay = pytest.mark.parametrize("overlay", OVERLAYS)
every_version = pytest.mark.parametrize("version", VERSIONS)
EXAMPLES = [
    pytest.param(path, id=path.stem)
    for path in [*sorted((DEPLOY / "flux").glob("*.yaml")), DEPLOY / "certificates.yaml"]
]
MONITORING = {"serviceMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}, "dashboard": {"enabled": True}}


@every_version
@every_overlay
def test_an_overlay_is_valid(overlay: str, version: str) -> None:
    for manifest in rendering.overlay(overlay):
        check(manifest, version)


@every_version
@every_overlay
def test_the_chart_is_valid_for_each_topology(overlay: str, version: str) -> None:
    for manifest in rendering.helm({**rendering.helm_values(overlay), **MONITORING}):
        check(manifest, version)


@every_version
@every_overlay
def test_an_overlay_with_mutual_tls_and_monitoring_is_valid(overlay: str, version: str, tmp_path: Path) -> None:
    components = [KUSTOMIZE / "components" / name for name in ("mutual-tls", "monitoring")]
    manifests = rendering.composition(tmp_path, resources=[KUSTOMIZE / "overlays" / overlay], components=components)
    assert {"ServiceMonitor", "PrometheusRule"} < {manifest["kind"] for manifest in manifests}
    for manifest in manifests:
        check(manifest, version)


@pytest.mark.parametrize("path", EXAMPLES)
def test_an_example_is_valid(path: Path) -> None:
    manifests = rendering.parse(path.read_text())
    assert manifests
    for manifest in manifests:
        check(manifest, VERSIONS[-1])


@pytest.mark.parametrize(
    ("manifest", "field"),
    [
        pytest.param({"apiVersion": "v1", "kind": "Service", "spec": {"prots": []}}, "prots", id="Kubernetes"),
        pytest.param(
            {"apiVersion": "notification.toolkit.fluxcd.io/v1", "kind": "Receiver", "spec": {"tpye": "generic"}},
            "tpye",
            id="Flux",
        ),
        pytest.param(
            {
                "apiVersion": "monitoring.coreos.com/v1",
                "kind": "ServiceMonitor",
                "spec": {"selector": {}, "endpoints": [{"prot": "https"}]},
            },
            "prot",
            id="Prometheus operator",
        ),
        pytest.param(
            {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "spec": {"hostname": "x"}},
            "hostname",
            id="Gateway API",
        ),
    ],
)
def test_an_unknown_field_is_refused(manifest: Object, field: str) -> None:
    with pytest.raises(Invalid, match=f"'{field}' was unexpected"):
        check(manifest, VERSIONS[-1])


@every_overlay
def test_with_mutual_tls_no_probe_needs_a_certificate_and_callers_do(overlay: str, tmp_path: Path) -> None:
    manifests = rendering.composition(
        tmp_path, resources=[KUSTOMIZE / "overlays" / overlay], components=[KUSTOMIZE / "components" / "mutual-tls"]
    )
    container = rendering.container(manifests)
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["tcpSocket"] == {"port": "https"}
        assert "httpGet" not in container[probe]
    assert rendering.environment(manifests)["RELAY_TLS_CLIENT_CA_FILE"] == "/run/secrets/tls/ca.crt"
