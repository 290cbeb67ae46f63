"""Where the chart of a release is: in this repository, or elsewhere. Decides which files make it; fetches nothing.

https://fluxcd.io/flux/components/helm/helmreleases/#chart-template
"""

import json
import posixpath
from collections.abc import Mapping
from typing import Any

from ...errors import NotRendered
from .. import manifests
from ..fields import items, mapping, text
from ..flux.chart_reference import chart_source
from ..flux.desired_state import ClusterObject, DesiredState
from ..source_tree import SourceTree
from .release_values import merged

_DEPTH = 4  # charts in charts


def is_here(release: ClusterObject, state: DesiredState) -> bool:
    """Return whether a release takes its chart from this repository."""
    return chart_source(release.resource) in state.own_sources


def chart_files(release: ClusterObject, state: DesiredState) -> Mapping[str, bytes]:
    """Return the files of a release's chart, by their path in it, with the charts that it depends on in `charts/`.

    Raise NotRendered where this repository does not have them.
    """
    spec = mapping(release.resource.data, "spec", "chart", "spec")
    tree = state.tree("")
    folder = tree.resolve(".", text(spec, "chart"))
    if folder is None or tree.file(folder, "Chart.yaml") is None:
        raise NotRendered(f"there is no chart in {text(spec, 'chart')}")
    files = _files(tree, folder, depth=0)
    if names := [str(name) for name in items(spec, "valuesFiles")]:
        files["values.yaml"] = _values_files(tree, names, ignores_missing=spec.get("ignoreMissingValuesFiles") is True)
    return files


def _files(tree: SourceTree, folder: str, *, depth: int) -> dict[str, bytes]:
    """Return the files of a chart and of the charts of this repository that it depends on."""
    prefix = "" if folder == "." else f"{folder}/"
    files = {
        path.removeprefix(prefix): tree.checkout.read(real) or b""
        for path, real in tree.files.items()
        if path.startswith(prefix)
    }
    for dependency in items(_content(files["Chart.yaml"]), "dependencies"):
        name, repository = text(dependency, "name"), text(dependency, "repository")
        if any(path.startswith((f"charts/{name}/", f"charts/{name}-")) for path in files):
            continue
        inner = tree.resolve(folder, repository.removeprefix("file://")) if repository.startswith("file://") else None
        if inner is None or tree.file(inner, "Chart.yaml") is None or depth == _DEPTH:
            raise NotRendered(
                f"the chart {name}, which {folder} depends on, is not in the repository: add it to charts/"
            )
        files |= {f"charts/{name}/{path}": data for path, data in _files(tree, inner, depth=depth + 1).items()}
    return files


def _values_files(tree: SourceTree, names: list[str], *, ignores_missing: bool) -> bytes:
    """Return the values files of a release one after the other, as one: their paths begin at the root of the source."""
    values: dict[str, Any] = {}
    for name in names:
        file = tree.file(".", posixpath.normpath(name))
        if file is None and not ignores_missing:
            raise NotRendered(f"there is no values file {name}")
        values = merged(values, _content(file[1])) if file else values
    return json.dumps(values).encode()


def _content(data: bytes) -> Mapping[str, Any]:
    try:
        content = manifests.load(data)
    except manifests.Unreadable as error:
        raise NotRendered("a file of its chart is not YAML") from error
    return content if isinstance(content, Mapping) else {}
