"""Patches as Kustomize applies them: strategic merge and JSON 6902, and what of an object a patch sets.

Lists are replaced, as Kustomize does for custom resources; for built-in kinds it merges some of them by key, which no
field needed here depends on.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...yamledit.values import YamlPath
from .resource import Declared, Id, Phase, Place, identify, mapping
from .selector import Selector

_DELETE = object()


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """Where a patch sets a value: `keys` in the patch's own text; not `exact` if it sets something around the value."""

    keys: YamlPath
    exact: bool


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A patch: `body` is a mapping (strategic merge), a list (JSON 6902 operations) or a replica count.

    Without a `target` it is meant for the object with the id of its body; a replica count for those of a `name`.
    `place` is where the body can be edited, None if it comes from elsewhere (a Flux Kustomization patched into being).
    """

    phase: Phase
    body: Mapping[str, Any] | list[Any] | int
    place: Place | None
    target: Selector | None = None
    name: str = ""
    renames: bool = False

    def applies_to(self, declared: Declared) -> bool:
        """Whether the object is one that the patch is meant for."""
        if isinstance(self.body, int):
            return declared.id.kind in REPLICATED and any(id_.name == self.name for id_ in declared.ids)
        if self.target:
            return self.target.selects(declared)
        if isinstance(self.body, list):
            return False
        own = identify(self.body)
        return any(_is_meant(id_, own) for id_ in declared.ids)

    @property
    def names_one(self) -> bool:
        """Whether it is meant for objects of one name only."""
        return self.target.names_one if self.target else True

    def apply(self, declared: Declared) -> Declared | None:
        """The object after the patch, None if the patch deletes it."""
        if isinstance(self.body, int):
            spec = {**mapping(declared.data, "spec"), "replicas": self.body}
            return declared.with_data({**declared.data, "spec": spec})
        if isinstance(self.body, list):
            return declared.with_data(operate(declared.data, self.body))
        merged = merge(declared.data, self.body)
        if merged is _DELETE:
            return None
        meta = {**merged.get("metadata", {})}
        if not self.renames:
            merged["kind"] = declared.data.get("kind")
            meta["name"] = declared.id.name
        meta.pop("namespace", None)
        if declared.id.namespace:
            meta["namespace"] = declared.id.namespace
        return declared.with_data({**merged, "metadata": meta})

    def sets(self, keys: YamlPath) -> Setting | None:
        """Where the patch sets the value that `keys` lead to in an object, or something around it."""
        if isinstance(self.body, int):
            return Setting(keys=("count",), exact=True) if keys == ("spec", "replicas") else None
        if isinstance(self.body, list):
            return _set_by_operations(self.body, keys)
        return _set_by_merge(self.body, keys)


REPLICATED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")


def merge(base: Any, patch: Any) -> Any:
    """`base` with a strategic merge patch applied.

    https://kubectl.docs.kubernetes.io/references/kustomize/glossary/#patchstrategicmerge
    """
    if not isinstance(patch, Mapping):
        return patch
    if patch.get("$patch") == "delete":
        return _DELETE
    result = dict(base) if isinstance(base, Mapping) and patch.get("$patch") != "replace" else {}
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        merged = _DELETE if value is None else merge(result.get(key), value)
        if merged is _DELETE:
            result.pop(key, None)
        else:
            result[key] = merged
    return result


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


def _is_meant(actual: Id, wanted: Id) -> bool:
    return actual.same_as(wanted)


def _set_by_merge(body: Mapping[str, Any], keys: YamlPath) -> Setting | None:
    value: Any = body
    for depth, key in enumerate(keys):
        if not isinstance(value, Mapping) or value.get("$patch") in ("replace", "delete"):
            return Setting(keys=keys[:depth], exact=False)
        if key not in value:
            return None
        value = value[str(key)]
    return Setting(keys=keys, exact=value is not None)


def _set_by_operations(operations: list[Any], keys: YamlPath) -> Setting | None:
    for index in reversed(range(len(operations))):
        operation = operations[index]
        path = pointer(str(operation.get("path", ""))) if isinstance(operation, Mapping) else (*keys, "")
        if path == keys[: len(path)]:
            rest = keys[len(path) :]
            setting = _set_by_merge({"value": operation.get("value")}, ("value", *rest))
            exact = setting is not None and setting.exact and operation.get("op") in ("add", "replace")
            return Setting(keys=(index, "value", *rest), exact=exact)
    return None
