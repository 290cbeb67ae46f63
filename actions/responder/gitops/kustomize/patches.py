"""What changes objects in a build, as Kustomize applies it: patches of both kinds, and replica counts."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ...yamledit.values import YamlPath
from ..fields import mapping
from . import strategic_merge
from .location import Location
from .object_id import identify
from .phase import Phase
from .selector import Selectable, Selector
from .setting import Setting

# The kinds whose replicas a kustomization can set by `replicas:`.
REPLICATED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")


@dataclass(frozen=True, kw_only=True)
class StrategicMergePatch:
    """A patch that looks like the object. Without a `target` it is for the object that has the id of its body.

    `location` is where the body can be edited, None if that is nowhere (a patch in a Flux Kustomization that comes
    from a patch itself). `renames` allows it to change name and kind.
    """

    phase: Phase
    body: Mapping[str, Any]
    location: Location | None
    target: Selector | None = None
    renames: bool = False

    @property
    def is_for_one_name(self) -> bool:
        """Whether all objects that it can apply to have one name."""
        return self.target is None or self.target.is_for_one_name

    def applies_to(self, candidate: Selectable) -> bool:
        """Return whether the patch changes the object."""
        if self.target:
            return self.target.selects(candidate)
        body_id = identify(self.body)
        return any(object_id.same_as(body_id) for object_id in candidate.ids)

    def apply(self, candidate: Selectable) -> Mapping[str, Any] | None:
        """Return the content of the object after the patch, None if the patch deletes it."""
        merged = strategic_merge.merge(candidate.data, self.body)
        if merged is strategic_merge.DELETED:
            return None
        object_id = candidate.ids[-1]
        metadata = {**merged.get("metadata", {})}
        if not self.renames:
            merged["kind"] = candidate.data.get("kind")
            metadata["name"] = object_id.name
        metadata.pop("namespace", None)
        if object_id.namespace:
            metadata["namespace"] = object_id.namespace
        return {**merged, "metadata": metadata}

    def sets(self, path: YamlPath) -> Setting | None:
        """Return where the patch sets the value at `path` of an object or something around it, None if it does not."""
        return strategic_merge.setting_of(self.body, path)


@dataclass(frozen=True, kw_only=True)
class Json6902Patch:
    """A JSON patch, for the objects that its `target` selects; `location` is where the operations can be edited."""

    phase: Phase
    operations: Sequence[Any]
    location: Location | None
    target: Selector | None

    @property
    def is_for_one_name(self) -> bool:
        """Whether all objects that it can apply to have one name."""
        return self.target is None or self.target.is_for_one_name

    def applies_to(self, candidate: Selectable) -> bool:
        """Return whether the patch changes the object."""
        return self.target is not None and self.target.selects(candidate)

    def apply(self, candidate: Selectable) -> Mapping[str, Any]:
        """Return the content of the object after the patch."""
        return operate(candidate.data, self.operations)

    def sets(self, path: YamlPath) -> Setting | None:
        """Return where the last operation sets the value at `path` or something around it, None if none does."""
        for index in reversed(range(len(self.operations))):
            operation = self.operations[index]
            target = pointer(str(operation.get("path", ""))) if isinstance(operation, Mapping) else (*path, "")
            if target == path[: len(target)]:
                inner_path = path[len(target) :]
                setting = strategic_merge.setting_of({"value": operation.get("value")}, ("value", *inner_path))
                exact = setting is not None and setting.exact and operation.get("op") in ("add", "replace")
                return Setting(keys=(index, "value", *inner_path), exact=exact)
        return None


@dataclass(frozen=True, kw_only=True)
class ReplicaCount:
    """An entry of `replicas:`, for the workloads of this name."""

    name: str
    count: int
    location: Location
    phase: ClassVar[Phase] = Phase.REPLICAS
    is_for_one_name: ClassVar[bool] = True

    def applies_to(self, candidate: Selectable) -> bool:
        """Return whether the object is a workload of this name, now or at an earlier step."""
        ids = candidate.ids
        return ids[-1].kind in REPLICATED and any(object_id.name == self.name for object_id in ids)

    def apply(self, candidate: Selectable) -> Mapping[str, Any]:
        """Return the content of the object with the count."""
        spec = {**mapping(candidate.data, "spec"), "replicas": self.count}
        return {**candidate.data, "spec": spec}

    def sets(self, path: YamlPath) -> Setting | None:
        """Return where the count is if `path` leads to the replicas, else None."""
        return Setting(keys=("count",), exact=True) if path == ("spec", "replicas") else None


Patch = StrategicMergePatch | Json6902Patch | ReplicaCount


def operate(data: Mapping[str, Any], operations: Sequence[Any]) -> dict[str, Any]:
    """`data` with the operations of a JSON patch applied; one that fails is left out.

    https://www.rfc-editor.org/rfc/rfc6902
    """
    result: dict[str, Any] = copy.deepcopy(dict(data))
    for operation in operations:
        if isinstance(operation, Mapping):
            _operate(result, str(operation.get("op")), operation)
    return result


def pointer(path: str) -> YamlPath:
    """The keys of a JSON pointer; places in sequences stay text."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:])


def _operate(document: dict[str, Any], kind: str, operation: Mapping[str, Any]) -> None:
    keys = pointer(str(operation.get("path", "")))
    value = copy.deepcopy(operation.get("value"))
    if kind in ("move", "copy"):
        source = pointer(str(operation.get("from", "")))
        found = _at(document, source)
        value = copy.deepcopy(found)
        if kind == "move":
            _remove(document, source)
    if kind == "remove":
        _remove(document, keys)
    elif kind in ("add", "replace", "move", "copy") and keys:
        parent = _at(document, keys[:-1])
        if isinstance(parent, dict):
            parent[str(keys[-1])] = value
        elif isinstance(parent, list):
            place = len(parent) if keys[-1] == "-" else _place(parent, keys[-1])
            parent[place : place + (kind == "replace")] = [value]


def _remove(document: Any, keys: YamlPath) -> None:
    parent = _at(document, keys[:-1])
    if isinstance(parent, dict):
        parent.pop(keys[-1], None)
    elif isinstance(parent, list) and keys[-1] != "-":
        del parent[_place(parent, keys[-1]) :][:1]


def _at(document: Any, keys: YamlPath) -> Any:
    for key in keys:
        if isinstance(document, list):
            place = _place(document, key)
            document = document[place] if place < len(document) else None
        else:
            document = document.get(key) if isinstance(document, dict) else None
    return document


def _place(sequence: list[Any], key: str | int) -> int:
    return int(key) if str(key).isdecimal() else len(sequence)
