"""What the manifests promise about the relay's pod, in every topology."""

import pytest

from tests.deploy import rendering
from tests.deploy.rendering import OVERLAYS, Object

Objects = tuple[Object, ...]


@pytest.fixture(params=OVERLAYS)
def objects(request: pytest.FixtureRequest) -> Objects:
    return rendering.overlay(request.param)


def test_no_token_of_the_kubernetes_api_is_mounted(objects: Objects) -> None:
    account = rendering.of_kind(objects, "ServiceAccount")
    assert account["automountServiceAccountToken"] is False
    pod = rendering.pod(objects)
    assert pod["automountServiceAccountToken"] is False
    assert pod["serviceAccountName"] == account["metadata"]["name"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_keyless_projects_a_token_and_it_is_for_the_token_service_alone(overlay: str) -> None:
    volumes = rendering.pod(rendering.overlay(overlay))["volumes"]
    projected = [source for volume in volumes for source in volume.get("projected", {}).get("sources", [])]
    token = {"audience": "octo-sts.dev", "expirationSeconds": 3600, "path": "token"}
    assert projected == ([{"serviceAccountToken": token}] if overlay == "keyless" else [])


def test_no_role_is_bound(objects: Objects) -> None:
    kinds = {manifest["kind"] for manifest in objects}
    assert kinds - {"StatefulSet", "Deployment"} == {
        "Namespace",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    }


def test_the_namespace_enforces_restricted_pod_security(objects: Objects) -> None:
    labels = rendering.of_kind(objects, "Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_flux_does_not_delete_the_secrets_and_the_outbox_with_the_namespace(objects: Objects) -> None:
    annotations = rendering.of_kind(objects, "Namespace")["metadata"]["annotations"]
    assert annotations == {"kustomize.toolkit.fluxcd.io/prune": "disabled"}


def test_the_pod_fits_restricted_pod_security(objects: Objects) -> None:
    """The rules of https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted."""
    pod, container = rendering.pod(objects), rendering.container(objects)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & pod.keys()
    assert not {"privileged", "procMount"} & container["securityContext"].keys()
    kinds = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
    assert kinds <= {"configMap", "emptyDir", "projected", "secret", "persistentVolumeClaim"}


def test_the_root_file_system_is_read_only(objects: Objects) -> None:
    container = rendering.container(objects)
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    writable = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
    assert writable in (["/var/lib/relay"], [])


def test_service_links_are_off_so_that_no_service_sets_a_variable_of_the_relay(objects: Objects) -> None:
    assert rendering.pod(objects)["enableServiceLinks"] is False


def test_the_relay_listens_on_every_address_with_tls(objects: Objects) -> None:
    environment = rendering.environment(objects)
    assert environment["RELAY_HOST"] == "0.0.0.0"  # noqa: S104
    assert {"RELAY_TLS_CERT_FILE", "RELAY_TLS_KEY_FILE"} < environment.keys()


@pytest.mark.parametrize(
    ("probe", "path"),
    [("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")],
)
def test_a_probe_asks_the_relay(objects: Objects, probe: str, path: str) -> None:
    container = rendering.container(objects)
    assert container[probe]["httpGet"] == {"path": path, "port": "https", "scheme": "HTTPS"}
    assert container["ports"] == [{"name": "https", "containerPort": 8080, "protocol": "TCP"}]


def test_memory_is_limited_to_what_is_reserved_and_the_processor_is_not_throttled(objects: Objects) -> None:
    resources = rendering.container(objects)["resources"]
    assert resources["limits"] == {"memory": resources["requests"]["memory"]}


def test_the_relay_has_time_to_end(objects: Objects) -> None:
    sleep = rendering.container(objects).get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    assert rendering.pod(objects)["terminationGracePeriodSeconds"] >= sleep + 10  # relay/README.md, "When it stops"


@pytest.mark.parametrize("overlay", ["outside", "inside", "keyless"])
def test_an_outbox_in_sqlite_has_one_writer_and_a_volume_that_outlives_it(overlay: str) -> None:
    workload = rendering.workload(rendering.overlay(overlay))
    assert workload["kind"] == "StatefulSet"
    assert workload["spec"]["replicas"] == 1
    (claim,) = workload["spec"]["volumeClaimTemplates"]
    mounts = {
        mount["name"]: mount["mountPath"] for mount in rendering.container(rendering.overlay(overlay))["volumeMounts"]
    }
    outbox = rendering.environment(rendering.overlay(overlay))["RELAY_OUTBOX"]
    assert outbox.startswith(f"sqlite:{mounts[claim['metadata']['name']]}/")
    assert workload["spec"]["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}


def test_on_jetstream_three_replicas_share_the_outbox_and_none_has_a_volume() -> None:
    objects = rendering.overlay("jetstream")
    workload = rendering.workload(objects)
    assert (workload["kind"], workload["spec"]["replicas"]) == ("Deployment", 3)
    assert rendering.environment(objects)["RELAY_OUTBOX"] == {"secretKeyRef": {"name": "relay-nats", "key": "address"}}
    assert "outbox" not in {mount["name"] for mount in rendering.container(objects)["volumeMounts"]}


def test_a_drain_takes_one_replica_at_a_time(objects: Objects) -> None:
    budget = rendering.of_kind(objects, "PodDisruptionBudget")
    assert budget["spec"]["maxUnavailable"] == 1
    labels = rendering.workload(objects)["spec"]["template"]["metadata"]["labels"]
    assert budget["spec"]["selector"]["matchLabels"].items() <= labels.items()


class TestNetworkPolicy:
    def test_it_selects_the_relay_in_both_directions(self, objects: Objects) -> None:
        policy = rendering.of_kind(objects, "NetworkPolicy")["spec"]
        labels = rendering.workload(objects)["spec"]["template"]["metadata"]["labels"]
        assert policy["podSelector"]["matchLabels"].items() <= labels.items()
        assert policy["policyTypes"] == ["Ingress", "Egress"]

    @pytest.mark.parametrize("overlay", ["inside", "keyless", "jetstream"])
    def test_only_falcosidekick_and_prometheus_come_in(self, overlay: str) -> None:
        (rule,) = rendering.of_kind(rendering.overlay(overlay), "NetworkPolicy")["spec"]["ingress"]
        peers = [peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in rule["from"]]
        assert peers == ["falcosidekick", "prometheus"]
        assert all(peer["namespaceSelector"] for peer in rule["from"])
        assert rule["ports"] == [{"protocol": "TCP", "port": 8080}]

    def test_only_dns_https_and_nats_go_out(self, objects: Objects) -> None:
        rules = rendering.of_kind(objects, "NetworkPolicy")["spec"]["egress"]
        ports = [(port["protocol"], port["port"]) for rule in rules for port in rule["ports"]]
        nats = [("TCP", 4222)] if rendering.workload(objects)["kind"] == "Deployment" else []
        assert ports == [("UDP", 53), ("TCP", 53), ("TCP", 443), *nats]
