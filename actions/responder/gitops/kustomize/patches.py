"""What changes objects in a build, as Kustomize applies it: patches of both kinds, and replica counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ...errors import PatchFailed
from ...yamledit import json_patch, json_pointer
from ...yamledit.json_pointer import Dialect
from ...yamledit.values import YamlPath
from ..fields import mapping
from . import strategic_merge
from .resource import Location, Phase, Resource, Setting, identify
from .selector import Selector

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

    def applies_to(self, candidate: Resource) -> bool:
        """Return whether the patch changes the object."""
        if self.target:
            return self.target.selects(candidate)
        body_id = identify(self.body)
        return any(object_id.same_as(body_id) for object_id in candidate.ids)

    def apply(self, candidate: Resource) -> Mapping[str, Any] | None:
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

    def applies_to(self, candidate: Resource) -> bool:
        """Return whether the patch changes the object."""
        return self.target is not None and self.target.selects(candidate)

    def apply(self, candidate: Resource) -> Mapping[str, Any]:
        """Return the content of the object after the patch; as it is if an operation fails, which fails the build."""
        try:
            patched = json_patch.apply(dict(candidate.data), self.operations, Dialect.KUSTOMIZE)
        except PatchFailed:
            return candidate.data
        return patched if isinstance(patched, dict) else candidate.data

    def sets(self, path: YamlPath) -> Setting | None:
        """Return where the last operation sets the value at `path` or something around it, None if none does."""
        steps = tuple(map(str, path))
        for index in reversed(range(len(self.operations))):
            operation = self.operations[index]
            if not isinstance(operation, Mapping):
                continue
            kind, pointers = operation.get("op"), [str(operation.get("path", "")), str(operation.get("from", ""))]
            for target in map(json_pointer.split, pointers if kind == "move" else pointers[:1]):
                if kind == "test" or not _reaches(target, steps, moves_items=kind != "replace"):
                    continue
                inner_path = path[len(target) :]
                setting = strategic_merge.setting_of({"value": operation.get("value")}, ("value", *inner_path))
                exact = setting is not None and setting.exact and kind in ("add", "replace")
                is_around = target == steps[: len(target)]
                return Setting(keys=(index, "value", *inner_path), exact=exact and is_around)
        return None


@dataclass(frozen=True, kw_only=True)
class ReplicaCount:
    """An entry of `replicas:`, for the workloads of this name."""

    name: str
    count: int
    location: Location
    phase: ClassVar[Phase] = Phase.REPLICAS
    is_for_one_name: ClassVar[bool] = True

    def applies_to(self, candidate: Resource) -> bool:
        """Return whether the object is a workload of this name, now or at an earlier step."""
        ids = candidate.ids
        return ids[-1].kind in REPLICATED and any(object_id.name == self.name for object_id in ids)

    def apply(self, candidate: Resource) -> Mapping[str, Any]:
        """Return the content of the object with the count."""
        spec = {**mapping(candidate.data, "spec"), "replicas": self.count}
        return {**candidate.data, "spec": spec}

    def sets(self, path: YamlPath) -> Setting | None:
        """Return where the count is if `path` leads to the replicas, else None."""
        return Setting(keys=("count",), exact=True) if path == ("spec", "replicas") else None


Patch = StrategicMergePatch | Json6902Patch | ReplicaCount


def _reaches(target: tuple[str, ...], path: tuple[str, ...], *, moves_items: bool) -> bool:
    """Return whether an operation at `target` sets the value at `path`, or moves the items of a list that it is in."""
    if target == path[: len(target)]:
        return True
    is_item = moves_items and bool(target) and (target[-1] == "-" or target[-1].lstrip("+-").isdigit())
    return is_item and len(path) >= len(target) and target[:-1] == path[: len(target) - 1]
