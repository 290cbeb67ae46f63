"""What the manifests in deploy/ become, rendered by kustomize and Helm themselves."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUSTOMIZE = DEPLOY / "kustomize"
CHART = DEPLOY / "chart" / "falco-dispatch"
OVERLAYS = ("outside", "inside", "keyless", "jetstream")
NAMESPACE = "falco-dispatch"
# What an operator puts into ConfigMap relay-settings.
OPERATOR_SETTINGS = {
    "outside": {"RELAY_REPOSITORY": "acme/desired-state"},
    "inside": {"RELAY_REPOSITORY": "acme/desired-state", "RELAY_GITHUB_APP_ID": "Iv23liExample"},
    "keyless": {"RELAY_REPOSITORY": "acme/desired-state"},
    "jetstream": {"RELAY_REPOSITORY": "acme/desired-state", "RELAY_GITHUB_APP_ID": "Iv23liExample"},
}

Object = dict[str, Any]


def tool(name: str) -> str:
    """Return the path of a program; skip the test where there is none."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"no {name}: `make setup` builds it where Go is")
    return path


def parse(text: str) -> list[Object]:
    """Return the objects of a YAML stream."""
    return [document for document in yaml.safe_load_all(text) if document]


@cache
def kustomize(folder: Path) -> tuple[Object, ...]:
    """Build a kustomization."""
    command = [tool("kustomize"), "build", str(folder)]
    return tuple(parse(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def overlay(name: str) -> tuple[Object, ...]:
    """Build an overlay of the relay."""
    return kustomize(KUSTOMIZE / "overlays" / name)


def composition(folder: Path, *, resources: Sequence[Path] = (), components: Sequence[Path] = ()) -> tuple[Object, ...]:
    """Build a kustomization that an operator could write: it names resources and components."""
    content = {
        "resources": [os.path.relpath(path, folder) for path in resources],
        "components": [os.path.relpath(path, folder) for path in components],
    }
    (folder / "kustomization.yaml").write_text(json.dumps(content))
    return kustomize(folder)


def helm_values(name: str) -> Object:
    """Return the values that make the chart the same as an overlay."""
    values: Object = yaml.safe_load((Path(__file__).parent / "values" / f"{name}.yaml").read_text())
    return values


def helm(values: Mapping[str, object], *arguments: str) -> list[Object]:
    """Render the chart as the release `relay`. Raises CalledProcessError, with Helm's message, if it refuses."""
    command = [tool("helm"), "template", "relay", str(CHART), f"--namespace={NAMESPACE}", "--values=-", *arguments]
    result = subprocess.run(command, check=True, capture_output=True, text=True, input=json.dumps(values))
    return parse(result.stdout)


def of_kind(objects: Sequence[Object], *kinds: str) -> Object:
    """Return the only object of these kinds."""
    (match,) = [item for item in objects if item["kind"] in kinds]
    return match


def workload(objects: Sequence[Object]) -> Object:
    """Return the StatefulSet or Deployment."""
    return of_kind(objects, "StatefulSet", "Deployment")


def pod(objects: Sequence[Object]) -> Object:
    """Return the pod's specification."""
    spec: Object = workload(objects)["spec"]["template"]["spec"]
    return spec


def container(objects: Sequence[Object]) -> Object:
    """Return the only container."""
    (only,) = pod(objects)["containers"]
    return dict(only)


def environment(objects: Sequence[Object]) -> dict[str, Any]:
    """Return the variables of the container: values, and sources of those that come from elsewhere."""
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container(objects)["env"]}
