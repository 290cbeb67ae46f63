"""The values for Falco's charts: what the relay needs, and no secret in clear."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy import rendering
from tests.deploy.rendering import DEPLOY, Object

FILES = [pytest.param(path, id=path.stem) for path in sorted((DEPLOY / "falco").glob("*.yaml"))]
every_file = pytest.mark.parametrize("path", FILES)


def values_of(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load(path.read_text())
    return values


@every_file
def test_the_token_comes_from_a_secret_and_is_not_in_the_values(path: Path) -> None:
    values = values_of(path)
    assert values["falcosidekick"]["config"]["existingSecret"] == "falcosidekick-relay"
    assert not re.search(r"Bearer|https://[^\s/]*@", json.dumps(values))


@every_file
def test_pod_and_namespace_are_added_to_every_event_of_a_container(path: Path) -> None:
    falco = values_of(path)["falco"]
    assert falco["json_output"] is True
    suggested, fields = falco["append_output"]
    assert suggested == {"suggested_output": True}  # a list of values replaces the chart's
    assert fields == {"match": {"source": "syscall"}, "extra_fields": ["k8s.ns.name", "k8s.pod.name"]}


@every_file
def test_every_file_that_falcosidekick_reads_is_mounted(path: Path) -> None:
    sidekick = values_of(path)["falcosidekick"]
    (mount,) = sidekick["extraVolumeMounts"]
    assert mount["name"] == sidekick["extraVolumes"][0]["name"]
    paths = re.findall(r'"(/etc/relay[^"]*)"', json.dumps(sidekick["config"]))
    assert paths
    assert all(path.startswith(mount["mountPath"]) for path in paths)


def test_the_webhook_checks_the_relay_and_shows_a_certificate() -> None:
    config = values_of(DEPLOY / "falco" / "webhook.yaml")["falcosidekick"]["config"]
    assert (config["webhook"]["checkcert"], config["webhook"]["mutualtls"]) == (True, True)
    assert sorted(config["mutualtlsclient"]) == ["cacertfile", "certfile", "keyfile"]


def test_the_webhook_goes_to_the_service_of_the_relay() -> None:
    service = rendering.of_kind(rendering.overlay("inside"), "Service")
    (port,) = service["spec"]["ports"]
    host = f"{service['metadata']['name']}.{service['metadata']['namespace']}.svc"
    config = values_of(DEPLOY / "falco" / "webhook.yaml")["falcosidekick"]["config"]
    assert config["webhook"]["address"] == f"https://{host}:{port['port']}/"


@every_file
def test_the_certificate_that_is_mounted_is_one_that_cert_manager_makes(path: Path) -> None:
    certificates = rendering.parse((DEPLOY / "certificates.yaml").read_text())
    secrets = {
        (item["metadata"]["namespace"], item["spec"]["secretName"])
        for item in certificates
        if item["kind"] == "Certificate"
    }
    (volume,) = values_of(path)["falcosidekick"]["extraVolumes"]
    assert ("falco", volume["secret"]["secretName"]) in secrets
    assert ("falco-dispatch", "relay-tls") in secrets


def test_extensions_have_the_name_that_falcosidekick_reads_and_names_that_cloudevents_allows() -> None:
    config = values_of(DEPLOY / "falco" / "cloudevents.yaml")["falcosidekick"]["config"]
    assert "extension" not in config["cloudevents"]
    variables = {variable["name"]: variable["value"] for variable in config["extraEnv"]}
    names = [extension.split(":")[0] for extension in variables["CLOUDEVENTS_EXTENSIONS"].split(",")]
    assert all(re.fullmatch(r"[a-z0-9]{1,20}", name) for name in names)


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart falco with the charts that it depends on beside it, as in their repository."""
    checkout = os.environ.get("FALCO_CHARTS")
    if not checkout:
        pytest.skip("FALCO_CHARTS is not set: a checkout of https://github.com/falcosecurity/charts")
    folder = tmp_path_factory.mktemp("charts") / "falco"
    subprocess.run(["cp", "--recursive", f"{checkout}/charts/falco", folder], check=True)
    (folder / "charts").mkdir(exist_ok=True)
    for name in ("falcosidekick", "falco-talon", "k8s-metacollector"):
        subprocess.run(["cp", "--recursive", f"{checkout}/charts/{name}", folder / "charts"], check=True)
    return folder


@every_file
def test_the_charts_of_falco_take_the_values(path: Path, charts: Path) -> None:
    command = [rendering.tool("helm"), "template", "falco", str(charts), "--namespace=falco", f"--values={path}"]
    objects = rendering.parse(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    (sidekick,) = [
        item for item in objects if item["kind"] == "Deployment" and item["metadata"]["name"] == "falco-falcosidekick"
    ]
    template: Object = sidekick["spec"]["template"]
    policy = rendering.of_kind(rendering.overlay("inside"), "NetworkPolicy")["spec"]["ingress"][0]["from"][0]
    assert policy["podSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    (container,) = template["spec"]["containers"]
    sources = [source["secretRef"]["name"] for source in container["envFrom"]]
    assert sources == ["falco-falcosidekick", "falcosidekick-relay"]  # the last one wins
    (config,) = [yaml.safe_load(item["data"]["falco.yaml"]) for item in objects if "falco.yaml" in item.get("data", {})]
    assert config["http_output"]["enabled"] is True
    assert config["append_output"] == values_of(path)["falco"]["append_output"]
