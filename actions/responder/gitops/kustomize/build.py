"""Builds a folder as Kustomize would, for the objects that are looked for and no others.

https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/target/kusttarget.go
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from .. import manifests
from ..manifests import Manifest
from ..source_tree import SourceTree
from . import kustomization
from .kustomization import Kustomization
from .patches import Patch
from .reachability import Reach
from .resource import Declared, Layer, Phase, Step, identify

Search = Callable[[bytes], Sequence[Manifest]]  # the objects in a file's content that matter; raises Unreadable
NOT_FOLLOWED = "is not followed"
Override = Callable[[Kustomization], Kustomization]


@dataclass(frozen=True, kw_only=True, order=True)
class Skipped:
    """What could not be followed, where that is said, and why."""

    file: str
    reference: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.reference} ({self.reason})"


class Builder:
    """Builds folders of one checkout and remembers what it has built.

    `visited` grows with the kustomizations that are built, `skipped` with what cannot be followed.
    """

    def __init__(self, search: Search, reach: Reach) -> None:
        self._search = search
        self.reach = reach
        self._paths = reach.paths
        self._files: dict[str, tuple[Declared, ...]] = {}
        self._built: dict[tuple[str, str], tuple[Declared, ...]] = {}
        self._inputs: dict[tuple[str, str], tuple[Declared, ...]] = {}
        self._kustomizations: dict[tuple[str, str], Kustomization | None] = {}
        self._building: set[tuple[str, str]] = set()
        self.skipped: set[Skipped] = set()
        self.visited: set[str] = set()

    def leads(self, tree: SourceTree, folder: str) -> bool:
        """Whether a folder can give an object that matters: if not, it need not be built."""
        file = tree.kustomization(folder)
        return file is None or file in self._paths

    def build(self, tree: SourceTree, folder: str, override: Override | None = None) -> tuple[Declared, ...]:
        """The objects that a folder gives; without a kustomization every manifest below it counts, as with Flux."""
        key = (tree.name, folder)
        found = self.kustomization(tree, folder)
        if found and found.file:
            self.visited.add(found.file)
        if override is None and key in self._built:
            return self._built[key]
        if key in self._building:
            self._skip(tree.kustomization(folder) or folder, folder, "leads back to itself")
            return ()
        self._building.add(key)
        found = found or self._generated(tree, folder)
        objects = self._accumulate(tree, folder, override(found) if override else found, [])
        self._building.discard(key)
        if override is None:
            self._built[key] = objects
        return objects

    def kustomization(self, tree: SourceTree, folder: str) -> Kustomization | None:
        """The kustomization of a folder, None if it has none that can be read."""
        key = (tree.name, folder)
        if key not in self._kustomizations:
            self._kustomizations[key] = self._read(tree, folder)
        return self._kustomizations[key]

    def inputs(self, tree: str, folder: str) -> tuple[Declared, ...]:
        """The objects that came into the kustomization of a folder that was built, before it changed them."""
        return self._inputs.get((tree, folder), ())

    def mentioned(self, tree: SourceTree, folder: str) -> set[str]:
        """The files of the checkout that the kustomization of a folder names."""
        found = self.kustomization(tree, folder)
        if found is None:
            return set()
        paths = (tree.resolve(folder, each) for each in found.resources)
        listed = {file for path in paths if path and (file := tree.real(path))}
        return listed | {patch.place.file for patch in found.patches if patch.place}

    def declared(self, file: str, data: bytes) -> tuple[Declared, ...]:
        """The objects of a file as they stand there."""
        if file not in self._files:
            self._files[file] = self._declared(file, data)
        return self._files[file]

    def _generated(self, tree: SourceTree, folder: str) -> Kustomization:
        """The kustomization that Flux generates for a folder that has none."""
        paths = [path for path in tree.below(folder) if tree.real(path) in self._paths]
        return Kustomization(file=None, resources=tuple(tree.scan(folder, paths)))

    def _read(self, tree: SourceTree, folder: str) -> Kustomization | None:
        file = tree.kustomization(folder)
        data = tree.checkout.read(file) if file else None
        if file is None or data is None:
            return None
        try:
            found = kustomization.parse(file, data, lambda reference: tree.file(folder, reference))
        except manifests.Unreadable as error:
            self._skip(file, "the kustomization", f"cannot be read: {error}")
            return Kustomization(file=file)
        for key in found.unread:
            self._skip(file, key, NOT_FOLLOWED)
        return found

    def _declared(self, file: str, data: bytes) -> tuple[Declared, ...]:
        try:
            found = self._search(data)
        except manifests.Unreadable as error:
            self._skip(file, "the file", f"cannot be read: {error}")
            return ()
        return tuple(
            Declared(
                file=file,
                document=each.document,
                item=each.item,
                line=each.line,
                data=each.data,
                ids=(identify(each.data),),
            )
            for each in found
        )

    def _accumulate(
        self, tree: SourceTree, folder: str, found: Kustomization, objects: list[Declared], *, component: bool = False
    ) -> tuple[Declared, ...]:
        where = found.file or folder
        for reference in found.resources:
            objects.extend(self._resource(tree, "." if found.file is None else folder, reference, where))
        for reference in found.components:
            objects = self._component(tree, folder, reference, where, objects)
        self._inputs[tree.name, folder] = tuple(objects)
        return tuple(_transform(objects, found, tree.name, folder, component))

    def _resource(self, tree: SourceTree, folder: str, reference: str, where: str) -> tuple[Declared, ...]:
        if kustomization.is_remote(reference):
            self._skip(where, reference, "lies elsewhere")
            return ()
        path = tree.resolve(folder, reference)
        if path is None:
            self._skip(where, reference, "leads out of the repository")
            return ()
        file = tree.real(path)
        if file is None:
            if tree.kustomization(path) is None:
                self._skip(where, reference, "is not there")
                return ()
            return self.build(tree, path) if self.leads(tree, path) else ()
        if file in self._files:
            return self._files[file]
        return self.declared(file, tree.checkout.read(file) or b"")

    def _component(
        self, tree: SourceTree, folder: str, reference: str, where: str, objects: list[Declared]
    ) -> list[Declared]:
        path = None if kustomization.is_remote(reference) else tree.resolve(folder, reference)
        found = self.kustomization(tree, path) if path else None
        if path is None or found is None:
            self._skip(where, reference, "is not a component in this repository")
            return objects
        key = (tree.name, path)
        if key in self._building:
            self._skip(where, reference, "leads back to itself")
            return objects
        self._building.add(key)
        if found.file:
            self.visited.add(found.file)
        result = list(self._accumulate(tree, path, found, objects, component=True))
        self._building.discard(key)
        return result

    def _skip(self, file: str, reference: str, reason: str) -> None:
        self.skipped.add(Skipped(file=file, reference=reference, reason=reason))


def _transform(
    objects: Iterable[Declared], found: Kustomization, tree: str, folder: str, component: bool
) -> list[Declared]:
    """The objects after one kustomization has changed them, in Kustomize's order of phases."""
    result = [
        replace(
            each,
            steps=(
                *each.steps,
                Step(file=found.file, tree=tree, folder=folder, component=component, before=each.id),
            ),
        )
        for each in objects
    ]
    for phase in Phase:
        if phase is Phase.NAMES:
            result = [found.rename(each) for each in result]
        for patch in found.patches:
            if patch.phase is phase:
                result = _apply(patch, result)
    return result


def _apply(patch: Patch, objects: list[Declared]) -> list[Declared]:
    matched = [each for each in objects if patch.applies_to(each)]
    if not matched:
        return objects
    alone = len(matched) == 1 and patch.names_one
    changed = {id(each): _changed(each, patch, alone) for each in matched}
    return [after for each in objects if (after := changed.get(id(each), each)) is not None]


def _changed(declared: Declared, patch: Patch, alone: bool) -> Declared | None:
    layer = Layer(step=len(declared.steps) - 1, phase=patch.phase, patch=patch, alone=alone)
    after = patch.apply(declared)
    return replace(after, layers=(*after.layers, layer)) if after else None
