"""Finds the one declared workload that owns a pod, or refuses and says between which.

Reads the desired state, writes nothing.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import yaml

from .errors import Ambiguous, NotFound
from .workload import KINDS, Owner, Pod, Workload, is_workload, owns

_MANIFESTS = (".yaml", ".yml", ".json")
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a workload is declared: `document` counts from 0 in the file, `item` is the place in a `kind: List`."""

    file: PurePosixPath
    document: int
    line: int
    api_version: str
    workload: Workload
    item: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({self.workload})"


def locate(root: Path, *, pod: Pod, owners: Sequence[Owner] = ()) -> Target:
    """The declared workload below `root` that owns `pod`; `owners` are the controllers that the event itself names.

    Raises NotFound or Ambiguous.
    """
    targets = [target for target in _declared(root, pod.namespace) if _is_owner(target.workload, pod, owners)]
    if not targets:
        raise NotFound(pod)
    if len(targets) > 1:
        raise Ambiguous(pod, targets)
    return targets[0]


def _is_owner(workload: Workload, pod: Pod, owners: Sequence[Owner]) -> bool:
    if owners:
        return all(owner.is_made_by(workload.kind, workload.name) for owner in owners)
    return owns(workload.kind, workload.name, pod.name)


def _declared(root: Path, namespace: str) -> Iterator[Target]:
    """The workloads declared for `namespace` in all manifests below `root`."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(names):
            file = Path(folder, name)
            if file.suffix in _MANIFESTS and name not in _KUSTOMIZATIONS and not file.is_symlink():
                yield from _in_file(root, file, namespace)


def _in_file(root: Path, file: Path, namespace: str) -> Iterator[Target]:
    data = file.read_bytes()
    if not any(kind.encode() in data for kind in KINDS):
        return
    try:
        documents = list(yaml.compose_all(data.removeprefix(b"\xef\xbb\xbf"), Loader=yaml.CSafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError):
        return
    for index, document in enumerate(documents):
        for item, node in _objects(document):
            fields = _scalars(node)
            meta = _scalars(_child(node, "metadata"))
            kind, name = fields.get("kind", ""), meta.get("name", "")
            declared = meta.get("namespace") or _namespace_around(file, root) or namespace
            if is_workload(fields.get("apiVersion", ""), kind) and declared == namespace:
                yield Target(
                    file=PurePosixPath(file.relative_to(root)),
                    document=index,
                    item=item,
                    line=node.start_mark.line + 1,
                    api_version=fields["apiVersion"],
                    workload=Workload(kind=kind, namespace=namespace, name=name),
                )


def _objects(document: yaml.Node) -> Iterator[tuple[int | None, yaml.Node]]:
    items = _child(document, "items")
    if _scalars(document).get("kind") == "List" and isinstance(items, yaml.SequenceNode):
        yield from enumerate(items.value)
    else:
        yield None, document


def _namespace_around(file: Path, root: Path) -> str | None:
    """The namespace that the nearest kustomization around `file` sets, if it sets one."""
    for folder in file.relative_to(root).parents:
        for name in _KUSTOMIZATIONS:
            kustomization = root / folder / name
            if kustomization.is_file():
                try:
                    return _scalars(yaml.compose(kustomization.read_bytes(), Loader=yaml.CSafeLoader)).get("namespace")
                except (yaml.YAMLError, UnicodeDecodeError):
                    return None
    return None


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    return None


def _scalars(node: yaml.Node | None) -> dict[str, str]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {
        str(key.value): str(value.value)
        for key, value in pairs
        if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode)
    }
