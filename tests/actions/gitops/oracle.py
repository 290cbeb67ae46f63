"""What a cluster gets, told by `kustomize build`: Flux's part is played here, with none of the code under test."""

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
# What the walk keeps of a rendering.
KINDS = {
    "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "CronJob", "Job", "Pod", "HelmRelease", "Kustomization",
    "HorizontalPodAutoscaler", "ScaledObject", "ArtifactGenerator",
}  # fmt: skip
NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

Objects = dict[tuple[str, str, str | None, str], dict[str, Any]]  # apiVersion, kind, namespace and name


class BuildFailed(Exception):
    """Kustomize refuses the folder."""


def build(folder: Path) -> Objects:
    """The objects that `kustomize build` gives for a folder, with the load restriction that Flux lifts."""
    assert KUSTOMIZE
    command = [KUSTOMIZE, "build", "--load-restrictor", "LoadRestrictionsNone", str(folder)]
    result = subprocess.run(command, capture_output=True, check=False)
    if result.returncode != 0:
        raise BuildFailed(result.stderr.decode()[-500:])
    return {_identity(each): each for each in yaml.safe_load_all(result.stdout) if each}


def applied(root: Path, entry: str) -> Objects:
    """All objects that Flux applies in a cluster whose entry path is `entry`. Writes into `root`, and cleans up."""
    found: Objects = {}
    pending: list[dict[str, Any]] = [{"spec": {"path": entry}}]
    done: set[tuple[object, ...]] = set()
    while pending:
        sync = pending.pop()
        for identity, each in _sync(root, sync).items():
            found[identity] = each
            if each["apiVersion"].startswith("kustomize.toolkit.fluxcd.io/") and identity not in done:
                done.add(identity)
                pending.append(each)
    return found


def _sync(root: Path, sync: Mapping[str, Any]) -> Objects:
    spec = sync["spec"]
    folder = root / spec.get("path", ".")
    file = next((folder / name for name in NAMES if (folder / name).exists()), folder / NAMES[0])
    before = file.read_bytes() if file.exists() else None
    content = yaml.safe_load(before) if before else {"resources": list(_scan(folder))}
    for ours, theirs in (("namespace", "targetNamespace"), ("namePrefix", "namePrefix"), ("nameSuffix", "nameSuffix")):
        if spec.get(theirs):
            content[ours] = spec[theirs]
    for key in ("patches", "components"):
        if spec.get(key):
            content[key] = [*content.get(key, []), *spec[key]]
    try:
        file.write_text(yaml.safe_dump(content))
        objects = build(folder)
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_bytes(before)
    variables = spec.get("postBuild", {}).get("substitute", {})
    return {_identity(each): each for each in (_substitute(each, variables) for each in objects.values())}


def _scan(folder: Path) -> Iterator[str]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and any((path / name).exists() for name in NAMES):
            yield path.name
        elif path.is_dir():
            yield from (f"{path.name}/{each}" for each in _scan(path))
        elif path.suffix in (".yaml", ".yml"):
            yield path.name


def _substitute(each: dict[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """Variables replaced in the text of an object, in their simplest form alone."""
    text = yaml.safe_dump(each)
    for name, value in variables.items():
        text = text.replace(f"${{{name}}}", str(value))
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def _identity(each: Mapping[str, Any]) -> tuple[str, str, str | None, str]:
    meta = each["metadata"]
    return each["apiVersion"], each["kind"], meta.get("namespace"), str(meta["name"])
