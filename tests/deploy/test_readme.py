"""deploy/README.md, held against the manifests. Its `console` blocks are run; its `sh` blocks need a cluster."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy import rendering
from tests.deploy.rendering import DEPLOY, OVERLAYS, ROOT

README = (DEPLOY / "README.md").read_text()
SESSIONS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)


def commands(session: str) -> list[tuple[str, str]]:
    """Return the commands of a session, each with what it prints."""
    parts = re.split(r"^\$ (.*)\n", session, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("session", [pytest.param(text, id=text.split()[1]) for text in SESSIONS])
def test_a_command_prints_what_is_shown(session: str, tmp_path: Path) -> None:
    (tmp_path / "deploy").symlink_to(DEPLOY)
    for command, output in commands(session):
        rendering.tool(command.split()[0])
        result = subprocess.run(
            ["sh", "-c", command],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert result.stdout == output


def test_every_link_leads_to_a_file() -> None:
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (DEPLOY / link).exists()] == []


def test_every_file_that_a_command_names_exists() -> None:
    paths = re.findall(r"(?<![\w/])(?:deploy|tests)/[\w/.-]+\w", README)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_trust_policy_is_for_the_pod_of_keyless() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    policy = yaml.safe_load(block)
    objects = rendering.overlay("keyless")
    account = rendering.of_kind(objects, "ServiceAccount")["metadata"]
    assert policy["subject"] == f"system:serviceaccount:{account['namespace']}:{account['name']}"
    (token,) = [
        source
        for volume in rendering.pod(objects)["volumes"]
        if "projected" in volume
        for source in volume["projected"]["sources"]
    ]
    assert policy["audience"] == token["serviceAccountToken"]["audience"]
    assert policy["permissions"] == {"actions": "write"}  # workflow_dispatch: it cannot push
    assert rendering.environment(objects)["RELAY_DISPATCH"] == "workflow_dispatch"


def references(overlay: str) -> set[str]:
    """Return the names of the Secrets and ConfigMaps that a pod needs and that the overlay does not have."""
    objects = rendering.overlay(overlay)
    secrets = {volume["secret"]["secretName"] for volume in rendering.pod(objects)["volumes"] if "secret" in volume}
    sources = [value for value in rendering.environment(objects).values() if isinstance(value, dict)]
    maps = {source["configMapRef"]["name"] for source in rendering.container(objects)["envFrom"]}
    return secrets | {source["secretKeyRef"]["name"] for source in sources} | maps


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_that_an_operator_makes_is_described(overlay: str) -> None:
    rows = re.findall(r"^\| (?:ConfigMap|Secret) `([\w-]+)` \|.*\| ([^|]*) \|$", README, re.MULTILINE)
    assert len(rows) == 5
    assert {name for name, where in rows if applies(where, overlay)} == references(overlay)


def applies(where: str, overlay: str) -> bool:
    """Return whether the words of the table's last column include an overlay."""
    if where.startswith("all but"):
        return f"`{overlay}`" not in where
    return where == "all" or f"`{overlay}`" in where


def test_the_limits_are_those_of_the_manifests_and_over_what_was_measured() -> None:
    resources = rendering.container(rendering.overlay("inside"))["resources"]
    match = re.search(r"limited at (\d+) MiB.*reserved at (\d+m)", README, re.DOTALL)
    assert match is not None
    assert resources == {
        "requests": {"memory": f"{match[1]}Mi", "cpu": match[2]},
        "limits": {"memory": f"{match[1]}Mi"},
    }
    measured = [int(value) for value in re.findall(r"\| \d+ MiB \| (\d+) MiB \|", README)]
    assert len(measured) == 5
    assert max(measured) * 2 < int(match[1])


def test_the_release_of_the_chart_has_the_name_that_certificates_and_falco_use() -> None:
    (command,) = re.findall(r"^helm install relay .*?[^\\]$", README, re.MULTILINE | re.DOTALL)
    values = dict(re.findall(r"--set (\S+?)=(\S+)", command))
    nested: dict[str, Any] = {}
    for path, value in values.items():
        *parents, last = path.split(".")
        group = nested
        for name in parents:
            group = group.setdefault(name, {})
        group[last] = value
    service = rendering.of_kind(rendering.helm(nested), "Service")["metadata"]["name"]
    assert service == rendering.of_kind(rendering.overlay("inside"), "Service")["metadata"]["name"]
    certificates = rendering.parse((DEPLOY / "certificates.yaml").read_text())
    (names,) = [item["spec"]["dnsNames"] for item in certificates if "dnsNames" in item["spec"]]
    assert f"{service}.{rendering.NAMESPACE}.svc" in names
