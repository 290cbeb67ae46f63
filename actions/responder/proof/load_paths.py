"""Which files a kustomization makes kustomize read, and whether all of them are in the source and can be read in time.

Flux reads nothing outside of a source, whatever a kustomization says, so such a folder cannot be built:
https://github.com/fluxcd/pkg/tree/main/kustomize/filesys. Kustomize itself would read any file of the runner.
"""

from collections.abc import Iterator
from typing import Any

from ..errors import BrokenFolder, NotRendered
from ..escape import one_line
from ..gitops import manifests
from ..gitops.source_tree import SourceTree

# https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/, and the fields of the builtin plugins:
# https://github.com/kubernetes-sigs/kustomize/tree/master/api/internal/builtins
_LISTS = (
    *("resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators"),
    *("patchesStrategicMerge", "files", "envs", "additionalValuesFiles"),
)
_VALUES = ("path", "env", "paths", "targetFilePath", "valuesFile", "chartHome", "configHome", "argsFromFile")
_CONTAINERS = (
    *("patches", "patchesJson6902", "configMapGenerator", "secretGenerator", "openapi", "replacements", "helmCharts"),
    *("helmGlobals", "helmChartInflationGenerator"),
)


def check_paths(tree: SourceTree, folder: str, content: Any = None) -> None:
    """Raise BrokenFolder if the kustomization of a folder, or one that it leads to, reads outside of the source.

    Raise NotRendered for a file that would take kustomize minutes.

    `content` is that of the folder's kustomization where it is not the one of the source.
    """
    if content is None and (file := tree.kustomization(folder)):
        content = _load(tree, file)
    pending, visited = [(folder, content)], {folder}
    while pending:
        current, kustomization = pending.pop()
        for reference in _references(kustomization):
            path = _inside(tree, current, reference)
            if path in visited:
                continue
            visited.add(path)
            if file := tree.kustomization(path):
                pending.append((path, _load(tree, file)))
            elif file_data := tree.file(".", path):
                _check_size(*file_data)
                pending.append((current, _builtin_plugins(file_data[1])))


def _inside(tree: SourceTree, folder: str, reference: str) -> str:
    """Return the path that a reference means. Raise BrokenFolder where it leads out of the source."""
    path = tree.resolve(folder, reference)
    if path is None:
        raise BrokenFolder(f"the kustomization in {folder} reads {one_line(reference)}, which is outside of the source")
    return path


def _references(content: Any) -> Iterator[str]:
    """Yield the paths that a kustomization or the configuration of a plugin names. What is no path does no harm."""
    if isinstance(content, list):
        for item in content:
            yield from _references(item)
        return
    for key, value in content.items() if isinstance(content, dict) else ():
        if key in _LISTS or key in _VALUES:
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str) and "\n" in text:  # a patch or a plugin, written out
                    yield from _references(_builtin_plugins(text.encode()))
                elif isinstance(text, str):
                    yield text.rpartition("=")[2] if key == "files" else text
        elif key in _CONTAINERS:
            yield from _references(value)


def _builtin_plugins(data: bytes) -> Any:
    """Return the configurations of builtin plugins in a file, as a list."""
    if b"builtin" not in data:
        return []
    try:
        documents = manifests.load_all(data)
    except manifests.Unreadable:
        return []
    return [
        document for document in documents if isinstance(document, dict) and document.get("apiVersion") == "builtin"
    ]


def _check_size(path: str, data: bytes) -> None:
    try:
        manifests.check_size(data)
    except manifests.TooLarge as error:
        raise NotRendered(f"{path}: {error}, which would take kustomize minutes") from error


def _load(tree: SourceTree, file: str) -> Any:
    data = tree.checkout.read(file) or b""
    _check_size(file, data)
    try:
        return manifests.load(data)
    except manifests.Unreadable:
        return None
