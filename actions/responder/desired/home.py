"""Where an edit belongs so that it takes effect in one cluster and reaches nothing else.

An object passes kustomizations on its way; each can set a field again. Of all places that come no earlier than the one
which has the last word now, the innermost is taken whose every reading is the object that is meant: the manifest or the
patch that sets the field, else the nearest kustomization (`replicas:` or a patch), at last the Flux Kustomization.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

import yaml

from ..errors import NoHome
from .declared import Declared, Keys, Layer, Phase, Step, find
from .patches import REPLICATED
from .roots import Desired
from .selector import Selector
from .tree import Applied

_REPLICAS: Keys = ("spec", "replicas")
_FIRST = (-1, Phase.STRATEGIC_MERGE)  # before all layers: the manifest


class How(StrEnum):
    """What kind of place an edit was given."""

    MANIFEST = "the manifest"
    LAYER = "what sets the field after the manifest"
    REPLICAS = "the replica counts of a kustomization"
    PATCH = "the patches of a kustomization"
    FLUX = "the patches of the Flux Kustomization"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A field of an object and the value that it shall have; with `append`, the item that its list shall end with.

    Without `keys` the object shall be gone.
    """

    keys: tuple[str, ...] = ()
    value: Any = None
    append: bool = False

    def holds(self, declared: Declared) -> bool:
        """Whether the object as its cluster gets it is as it is wanted."""
        if not self.keys:
            return False
        now = find(declared.data, self.keys)
        if self.append:
            return isinstance(now, list) and self.value in now
        return bool(now == self.value and type(now) is type(self.value))


@dataclass(frozen=True, kw_only=True)
class Placement:
    """The edit to make: set the value at `keys` of a document, or append it to the list there.

    With `inside`, the value at `keys` is a text of YAML, and the edit is made at `inside` of that. Without `keys` the
    document is to be removed. `shared` says who else reads the manifest, where that is why it is left alone.
    """

    file: PurePosixPath
    document: int
    keys: Keys
    value: Any
    append: bool = False
    inside: Keys | None = None
    how: How
    shared: tuple[str, ...] = ()


PATCHES = Wanted(keys=("spec", "patches"), append=True)  # of a Flux Kustomization


def place(desired: Desired, target: Applied, wanted: Wanted) -> Placement:
    """The one place for an edit. Raises NoHome where there is none."""
    readers = _Readers(desired, target)
    layer = _last(target.object, wanted)
    for found in _placements(desired, target, wanted, layer, readers):
        return found
    raise NoHome(_reason(target, wanted, readers, layer))


def homes(desired: Desired, target: Applied) -> list[Step]:
    """The kustomizations on the object's way that only it is read through, the innermost first."""
    readers = _Readers(desired, target)
    return [step for step in target.object.steps if not step.component and readers.are_one(step)]


class _Readers:
    """All readings of the manifest that declares an object."""

    def __init__(self, desired: Desired, target: Applied) -> None:
        self._target = target
        self._all = desired.applied
        self._readings = [each for each in self._all if each.object.source == target.object.source]

    def are_one(self, step: Step | None = None) -> bool:
        """Whether those that pass a kustomization are those that give the object: all of them, and no others."""
        passing = [each for each in self._readings if step is None or _passes(each.object, step)]
        return [each for each in self._readings if self._is_target(each)] == passing

    def are_one_for(self, layer: Layer) -> bool:
        """Whether the text of a patch changes the object, whichever way it is read, and nothing else anywhere."""
        changed = [
            each for each in self._all if any(other.patch.place == layer.patch.place for other in each.object.layers)
        ]
        return layer.alone and [each for each in self._readings if self._is_target(each)] == changed

    @property
    def ways(self) -> int:
        """How many Flux Kustomizations give the object; 0 if they do not give it in the same way."""
        same = [each.object for each in self._readings if self._is_target(each)]
        alike = all((each.steps, each.layers) == (same[0].steps, same[0].layers) for each in same)
        return len(same) if alike else 0

    def _is_target(self, applied: Applied) -> bool:
        return applied.identity == self._target.identity

    @property
    def others(self) -> tuple[str, ...]:
        """The other objects that the manifest becomes, for a person."""
        found = {each.identity: each for each in self._readings if each.identity != self._target.identity}
        return tuple(
            f"{each.object.id.kind} {each.object.id.namespace or '-'}/{each.object.id.name} in cluster {each.cluster}"
            for each in found.values()
        )


def _passes(declared: Declared, step: Step) -> bool:
    if step.file:
        return any(passed.file == step.file for passed in declared.steps)
    return any((passed.view, passed.folder) == (step.view, step.folder) for passed in declared.steps)


def _placements(
    desired: Desired, target: Applied, wanted: Wanted, layer: Layer | None, readers: _Readers
) -> Iterator[Placement]:
    """All places that would do, the innermost first."""
    declared = target.object
    if not readers.ways:
        return
    if layer:
        yield from _in_layer(declared, wanted, layer, readers)
    elif readers.are_one() and wanted.keys:
        yield _placement(declared.place.file, declared.document, (*declared.place.keys, *wanted.keys), wanted)
    floor = (layer.step, layer.phase) if layer else _FIRST
    for index, step in enumerate(declared.steps):
        if step.file and not step.component and readers.are_one(step):
            yield from _in_kustomization(desired, declared, wanted, index, floor, readers)
    if not wanted.keys and readers.are_one() and declared.item is None:
        yield _placement(declared.file, declared.document, (), wanted)
    last = len(declared.steps) - 1
    if target.sync and readers.ways == 1 and floor <= (last, Phase.FLUX_PATCHES):
        entry = _entry(desired, declared, wanted, declared.steps[last])
        if entry:
            outer = place(desired, target.sync, replace(PATCHES, value=entry))
            yield replace(outer, how=How.FLUX, shared=readers.others)


def _in_layer(declared: Declared, wanted: Wanted, layer: Layer, readers: _Readers) -> Iterator[Placement]:
    """The patch or replica count that has the last word now, if it speaks of this object alone."""
    place = layer.patch.place
    setting = layer.patch.sets(wanted.keys)
    step = declared.steps[layer.step]
    own = place is not None and place.file == step.file
    if place and setting and setting.exact and readers.are_one_for(layer) and (not own or readers.are_one(step)):
        keys = place.keys if place.text else (*place.keys, *setting.keys)
        inside = setting.keys if place.text else None
        yield _placement(place.file, place.document, keys, wanted, how=How.LAYER, inside=inside, shared=readers.others)


def _in_kustomization(
    desired: Desired, declared: Declared, wanted: Wanted, index: int, floor: tuple[int, Phase], readers: _Readers
) -> Iterator[Placement]:
    """A replica count or a patch in a kustomization, where it comes after what has the last word now."""
    step = declared.steps[index]
    assert step.file is not None  # noqa: S101 - the caller has seen to it
    if floor < (index, Phase.REPLICAS) and wanted.keys == _REPLICAS and declared.id.kind in REPLICATED:
        named = [each for each in _inputs(desired, step) if any(id_.name == step.before.name for id_ in each.ids)]
        if len([each for each in named if each.id.kind in REPLICATED]) == 1:
            entry = {"name": step.before.name, "count": wanted.value}
            yield _added(step.file, ("replicas",), entry, How.REPLICAS, readers)
    if floor <= (index, Phase.PATCHES) and (patch := _entry(desired, declared, wanted, step)):
        yield _added(step.file, ("patches",), patch, How.PATCH, readers)


def _entry(desired: Desired, declared: Declared, wanted: Wanted, step: Step) -> dict[str, Any] | None:
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
    """The text of a patch: JSON 6902 to append to a list that is there, else strategic merge."""
    body: Any
    if wanted.append and isinstance(find(declared.data, wanted.keys), list):
        path = "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in wanted.keys)
        body = [{"op": "add", "path": f"{path}/-", "value": wanted.value}]
    else:
        value: Any = [wanted.value] if wanted.append else wanted.value
        for key in reversed(wanted.keys):
            value = {key: value}
        data = declared.data
        head = {"apiVersion": data.get("apiVersion"), "kind": data.get("kind"), "metadata": {"name": name}}
        body = _joined(head, value) if wanted.keys else {"$patch": "delete", **head}
    return yaml.safe_dump(body, sort_keys=False, default_flow_style=False, width=1000)


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    both = {key: _joined(first[key], second[key]) for key in first if isinstance(first[key], dict) and key in second}
    return {**first, **second, **both}


def _added(file: str, keys: Keys, entry: Mapping[str, Any], how: How, readers: _Readers) -> Placement:
    return Placement(
        file=PurePosixPath(file), document=0, keys=keys, value=entry, append=True, how=how, shared=readers.others
    )


def _placement(
    file: str,
    document: int,
    keys: Keys,
    wanted: Wanted,
    *,
    how: How = How.MANIFEST,
    inside: Keys | None = None,
    shared: tuple[str, ...] = (),
) -> Placement:
    return Placement(
        file=PurePosixPath(file),
        document=document,
        keys=keys,
        value=wanted.value,
        append=wanted.append,
        inside=inside,
        how=how,
        shared=shared,
    )


def _last(declared: Declared, wanted: Wanted) -> Layer | None:
    """The patch or replica count that has the last word about the field, None if the manifest has it."""
    if not wanted.keys:
        return None
    return next((layer for layer in reversed(declared.layers) if layer.patch.sets(wanted.keys)), None)


def _inputs(desired: Desired, step: Step) -> tuple[Declared, ...]:
    return desired.builder.inputs(step.view, step.folder)


def _reason(target: Applied, wanted: Wanted, readers: _Readers, layer: Layer | None) -> str:
    field = ".".join(wanted.keys) or "the object"
    shared = (
        f"it is also read as {', '.join(readers.others)}" if readers.others else "no kustomization of its own reads it"
    )
    setter = f"; {layer.patch.place.file} sets {field} again" if layer and layer.patch.place else ""
    return f"no edit would change {field} of {target} and nothing else: {shared}{setter}"
