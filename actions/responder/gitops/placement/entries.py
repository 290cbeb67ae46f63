"""What is written into a kustomization so that it does what is wanted to one object: a replica count, or a patch."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

from ...yamledit.values import YamlPath
from ..fields import find
from ..flux.clusters import Desired
from ..kustomize.patches import REPLICATED
from ..kustomize.phase import Phase
from ..kustomize.resource import Declared, Step
from ..kustomize.selector import Selector
from .placement import How, Placement, Wanted
from .readers import Readers

_REPLICAS: YamlPath = ("spec", "replicas")


def in_kustomization(
    desired: Desired, declared: Declared, wanted: Wanted, index: int, floor: tuple[int, Phase], readers: Readers
) -> Iterator[Placement]:
    """A replica count or a patch in a kustomization, where it comes after what has the last word now."""
    step = declared.steps[index]
    assert step.file is not None  # noqa: S101 - the caller has seen to it
    if floor < (index, Phase.REPLICAS) and wanted.keys == _REPLICAS and declared.id.kind in REPLICATED:
        named = [each for each in _inputs(desired, step) if any(id_.name == step.before.name for id_ in each.ids)]
        if len([each for each in named if each.id.kind in REPLICATED]) == 1:
            entry = {"name": step.before.name, "count": wanted.value}
            yield _added(step.file, ("replicas",), entry, How.REPLICAS, readers)
    if floor <= (index, Phase.PATCHES) and (patch := patch_entry(desired, declared, wanted, step)):
        yield _added(step.file, ("patches",), patch, How.PATCH, readers)


def patch_entry(desired: Desired, declared: Declared, wanted: Wanted, step: Step) -> dict[str, Any] | None:
    """An entry of `patches:` that does what is wanted, None if none could mean this object alone."""
    id_ = step.before
    fields = {
        "group": id_.group,
        "version": id_.version,
        "kind": id_.kind,
        "name": id_.name,
        "namespace": id_.namespace,
    }
    target = {key: value for key, value in fields.items() if value and key != "version"}
    selected = [each for each in _inputs(desired, step) if Selector.parse(target).selects(each)]
    if len(selected) != 1 or selected[0].source != declared.source:
        return None
    return {"target": target, "patch": _patch(declared, step.before.name, wanted)}


def _patch(declared: Declared, name: str, wanted: Wanted) -> str:
    """The text of a patch: JSON 6902 for operations and to append to a list that is there, else strategic merge."""
    body: Any
    if wanted.operations:
        body = list(wanted.operations)
    elif wanted.append and isinstance(find(declared.data, wanted.keys), list):
        path = "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in wanted.keys)
        body = [{"op": "add", "path": f"{path}/-", "value": wanted.value}]
    else:
        value: Any = [wanted.value] if wanted.append else wanted.value
        for key in reversed(wanted.keys):
            value = {key: value}
        data = declared.data
        head = {"apiVersion": data.get("apiVersion"), "kind": data.get("kind"), "metadata": {"name": name}}
        body = {"$patch": "delete", **head} if wanted.is_removal else _joined(head, value)
    return yaml.safe_dump(body, sort_keys=False, default_flow_style=False, width=1000)


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    both = {key: _joined(first[key], second[key]) for key in first if isinstance(first[key], dict) and key in second}
    return {**first, **second, **both}


def _added(file: str, keys: YamlPath, entry: Mapping[str, Any], how: How, readers: Readers) -> Placement:
    return Placement(
        file=PurePosixPath(file), document=0, keys=keys, value=entry, append=True, how=how, shared=readers.others
    )


def placed(
    file: str,
    document: int,
    keys: YamlPath,
    wanted: Wanted,
    *,
    how: How = How.MANIFEST,
    inside: YamlPath | None = None,
    shared: tuple[str, ...] = (),
) -> Placement:
    return Placement(
        file=PurePosixPath(file),
        document=document,
        keys=keys,
        value=wanted.value,
        append=wanted.append,
        operations=wanted.operations,
        inside=inside,
        how=how,
        shared=shared,
    )


def _inputs(desired: Desired, step: Step) -> tuple[Declared, ...]:
    return desired.builder.inputs(step.tree, step.folder)
