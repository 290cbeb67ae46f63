"""What a cluster gets by `kustomize build`. Flux's part is done here, with none of the code under test."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

KUSTOMIZE = shutil.which(
    "kustomize", path=f"{Path(__file__).parents[3] / '.tools/bin'}{os.pathsep}{os.environ['PATH']}"
)
needs_kustomize = pytest.mark.skipif(
    KUSTOMIZE is None, reason="kustomize is the oracle: `make setup` builds it where Go is installed"
)
# The kinds that are looked for; the rest of a rendering is not compared.
KINDS = {
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "CronJob",
    "Job",
    "Pod",
    "HelmRelease",
    "Kustomization",
    "HorizontalPodAutoscaler",
    "ScaledObject",
    "ArtifactGenerator",
}
NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

Objects = dict[tuple[str, str, str | None, str], dict[str, Any]]  # apiVersion, kind, namespace and name


class BuildFailed(Exception):
    """Kustomize refuses the folder."""


def build(folder: Path) -> Objects:
    """Return what `kustomize build` gives for a folder, without the load restriction, as with Flux."""
    assert KUSTOMIZE
    command = [KUSTOMIZE, "build", "--load-restrictor", "LoadRestrictionsNone", str(folder)]
    result = subprocess.run(command, capture_output=True, check=False)
    if result.returncode != 0:
        raise BuildFailed(result.stderr.decode()[-500:])
    return {_identity(content): content for content in yaml.safe_load_all(result.stdout) if content}


def applied(root: Path, entry: str) -> Objects:
    """Return all objects that Flux applies in a cluster with this entry path. Write into `root`, and clean up."""
    objects: Objects = {}
    pending: list[dict[str, Any]] = [{"spec": {"path": entry}}]
    followed: set[tuple[object, ...]] = set()
    while pending:
        for identity, content in _apply(root, pending.pop()).items():
            objects[identity] = content
            if content["apiVersion"].startswith("kustomize.toolkit.fluxcd.io/") and identity not in followed:
                followed.add(identity)
                pending.append(content)
    return objects


def _apply(root: Path, flux_kustomization: Mapping[str, Any]) -> Objects:
    """Return what one Flux Kustomization applies."""
    spec = flux_kustomization["spec"]
    folder = root / spec.get("path", ".")
    file = next((folder / name for name in NAMES if (folder / name).exists()), folder / NAMES[0])
    original = file.read_bytes() if file.exists() else None
    content = yaml.safe_load(original) if original else {"resources": list(_scan(folder))}
    for field, flux_field in (
        ("namespace", "targetNamespace"),
        ("namePrefix", "namePrefix"),
        ("nameSuffix", "nameSuffix"),
    ):
        if spec.get(flux_field):
            content[field] = spec[flux_field]
    for key in ("patches", "components"):
        if spec.get(key):
            content[key] = [*content.get(key, []), *spec[key]]
    try:
        file.write_text(yaml.safe_dump(content))
        objects = build(folder)
    finally:
        if original is None:
            file.unlink()
        else:
            file.write_bytes(original)
    variables = spec.get("postBuild", {}).get("substitute", {})
    substituted = (_substitute(content, variables) for content in objects.values())
    return {_identity(content): content for content in substituted}


def _scan(folder: Path) -> Iterator[str]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and any((path / name).exists() for name in NAMES):
            yield path.name
        elif path.is_dir():
            yield from (f"{path.name}/{resource}" for resource in _scan(path))
        elif path.suffix in (".yaml", ".yml"):
            yield path.name


def _substitute(content: dict[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """Replace variables in the text of an object, in their simplest form alone."""
    text = yaml.safe_dump(content)
    for name, value in variables.items():
        text = text.replace(f"${{{name}}}", str(value))
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def _identity(content: Mapping[str, Any]) -> tuple[str, str, str | None, str]:
    metadata = content["metadata"]
    return content["apiVersion"], content["kind"], metadata.get("namespace"), str(metadata["name"])
