"""Builds a folder as Kustomize would, for the objects that are looked for and no others.

https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/target/kusttarget.go
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from .. import manifests
from ..manifests import Manifest
from ..source_tree import SourceTree
from . import kustomization
from .kustomization import Kustomization
from .patches import Patch
from .reachability import Reach
from .replacements import replace_fields
from .resource import Layer, Phase, Resource, Step, identify
from .skipped_reference import NOT_FOLLOWED, UNREADABLE, SkippedReference

ReadManifests = Callable[[bytes], Sequence[Manifest]]  # the objects in a file that matter; raises Unreadable

_Key = tuple[str, str]  # the name of a source tree and a folder in it


class Builder:
    """Builds folders of one checkout and remembers what it has built.

    `visited` grows with the kustomizations that are built, `skipped` with what cannot be followed.
    """

    def __init__(self, read_manifests: ReadManifests, reach: Reach) -> None:
        self.reach = reach
        self.skipped: set[SkippedReference] = set()
        self.visited: set[str] = set()
        self._read_manifests = read_manifests
        self._paths = reach.paths
        self._files: dict[str, tuple[Resource, ...]] = {}
        self._outputs: dict[_Key, tuple[Resource, ...]] = {}
        self._inputs: dict[_Key, tuple[Resource, ...]] = {}
        self._kustomizations: dict[_Key, Kustomization | None] = {}
        self._in_progress: set[_Key] = set()

    def leads(self, tree: SourceTree, folder: str) -> bool:
        """Return whether a folder can give an object that matters. If not, it need not be built."""
        file = tree.kustomization(folder)
        return file is None or file in self._paths

    def build(
        self, tree: SourceTree, folder: str, adjust: Callable[[Kustomization], Kustomization] | None = None
    ) -> tuple[Resource, ...]:
        """Return the objects that a folder gives. Without a kustomization every manifest below it counts, as with Flux.

        `adjust` changes the kustomization before it is built, as Flux does.
        """
        key = (tree.name, folder)
        content = self.kustomization(tree, folder)
        if content and content.file:
            self.visited.add(content.file)
        if adjust is None and key in self._outputs:
            return self._outputs[key]
        if key in self._in_progress:
            self._skip(tree.kustomization(folder) or folder, folder, "leads back to itself")
            return ()
        content = content or self._generated(tree, folder)
        with self._guarded(key):
            objects = self._accumulate(tree, folder, adjust(content) if adjust else content, [])
        if adjust is None:
            self._outputs[key] = objects
        return objects

    def kustomization(self, tree: SourceTree, folder: str) -> Kustomization | None:
        """Return the kustomization of a folder, None if it has none that can be read."""
        key = (tree.name, folder)
        if key not in self._kustomizations:
            self._kustomizations[key] = self._read(tree, folder)
        return self._kustomizations[key]

    @property
    def inputs(self) -> Mapping[tuple[str, str], tuple[Resource, ...]]:
        """The objects that came into each kustomization that was built, by its source tree's name and its folder."""
        return dict(self._inputs)

    @property
    def references(self) -> Mapping[str, tuple[str, ...]]:
        """The `resources:` of each kustomization that was read, by its file."""
        contents = (content for content in self._kustomizations.values() if content)
        return {content.file: content.resources for content in contents if content.file}

    def mentioned(self, tree: SourceTree, folder: str) -> set[str]:
        """Return the files of the checkout that the kustomization of a folder names."""
        content = self.kustomization(tree, folder)
        if content is None:
            return set()
        paths = (tree.resolve(folder, reference) for reference in content.resources)
        resources = {file for path in paths if path and (file := tree.real(path))}
        return resources | {patch.location.file for patch in content.patches if patch.location}

    def resources_of(self, file: str, data: bytes) -> tuple[Resource, ...]:
        """Return the objects of a file as the file declares them."""
        if file not in self._files:
            self._files[file] = self._parse(file, data)
        return self._files[file]

    def _generated(self, tree: SourceTree, folder: str) -> Kustomization:
        """Return the kustomization that Flux generates for a folder that has none."""
        paths = [path for path in tree.below(folder) if tree.real(path) in self._paths]
        return Kustomization(file=None, resources=tuple(tree.scan(folder, paths)))

    def _read(self, tree: SourceTree, folder: str) -> Kustomization | None:
        file = tree.kustomization(folder)
        data = tree.checkout.read(file) if file else None
        if file is None or data is None:
            return None
        try:
            content = kustomization.parse(file, data, lambda reference: tree.file(folder, reference))
        except manifests.Unreadable as error:
            self._skip(file, "the kustomization", f"{UNREADABLE}: {error}")
            return Kustomization(file=file)
        for key in content.unfollowed:
            self._skip(file, key, NOT_FOLLOWED)
        return content

    def _parse(self, file: str, data: bytes) -> tuple[Resource, ...]:
        try:
            parsed = self._read_manifests(data)
        except manifests.Unreadable as error:
            self._skip(file, "the file", f"{UNREADABLE}: {error}")
            return ()
        return tuple(
            Resource(
                file=file,
                document=manifest.document,
                item=manifest.item,
                line=manifest.line,
                data=manifest.data,
                ids=(identify(manifest.data),),
            )
            for manifest in parsed
        )

    def _accumulate(
        self,
        tree: SourceTree,
        folder: str,
        content: Kustomization,
        objects: list[Resource],
        *,
        component: bool = False,
    ) -> tuple[Resource, ...]:
        """Return `objects` and those of a kustomization after the kustomization has changed them."""
        origin = content.file or folder
        for reference in content.resources:
            objects.extend(self._resource(tree, "." if content.file is None else folder, reference, origin))
        for reference in content.components:
            objects = self._component(tree, folder, reference, origin, objects)
        self._inputs[tree.name, folder] = tuple(objects)
        return tuple(_transform(objects, content, tree.name, folder, component))

    def _resource(self, tree: SourceTree, folder: str, reference: str, origin: str) -> tuple[Resource, ...]:
        if kustomization.is_remote(reference):
            self._skip(origin, reference, "lies elsewhere")
            return ()
        path = tree.resolve(folder, reference)
        if path is None:
            self._skip(origin, reference, "leads out of the repository")
            return ()
        file = tree.real(path)
        if file is None:
            if tree.kustomization(path) is None:
                self._skip(origin, reference, "is not there")
                return ()
            return self.build(tree, path) if self.leads(tree, path) else ()
        if file in self._files:
            return self._files[file]
        return self.resources_of(file, tree.checkout.read(file) or b"")

    def _component(
        self, tree: SourceTree, folder: str, reference: str, origin: str, objects: list[Resource]
    ) -> list[Resource]:
        path = None if kustomization.is_remote(reference) else tree.resolve(folder, reference)
        content = self.kustomization(tree, path) if path else None
        if path is None or content is None:
            self._skip(origin, reference, "is not a component in this repository")
            return objects
        key = (tree.name, path)
        if key in self._in_progress:
            self._skip(origin, reference, "leads back to itself")
            return objects
        if content.file:
            self.visited.add(content.file)
        with self._guarded(key):
            return list(self._accumulate(tree, path, content, objects, component=True))

    @contextmanager
    def _guarded(self, key: _Key) -> Iterator[None]:
        """Mark a folder as being built, so that a reference back to it is not followed."""
        self._in_progress.add(key)
        yield
        self._in_progress.discard(key)

    def _skip(self, file: str, reference: str, reason: str) -> None:
        self.skipped.add(SkippedReference(file=file, reference=reference, reason=reason))


def _transform(
    objects: Iterable[Resource], content: Kustomization, tree_name: str, folder: str, component: bool
) -> list[Resource]:
    """Return the objects after one kustomization has changed them, in Kustomize's order of phases."""
    result = [
        replace(
            resource,
            steps=(
                *resource.steps,
                Step(file=content.file, tree=tree_name, folder=folder, component=component, input_id=resource.id),
            ),
        )
        for resource in objects
    ]
    for phase in Phase:
        if phase is Phase.NAMES:
            result = [content.rename(resource) for resource in result]
        for patch in content.patches:
            if patch.phase is phase:
                result = _patched(result, patch)
    return replace_fields(result, content.replacements)


def _patched(objects: list[Resource], patch: Patch) -> list[Resource]:
    """Return the objects after a patch, without those that it deletes."""
    selected = [resource for resource in objects if patch.applies_to(resource)]
    if not selected:
        return objects
    is_exclusive = len(selected) == 1 and patch.is_for_one_name
    patched = {id(resource): _with_layer(resource, patch, is_exclusive) for resource in selected}
    results = (patched.get(id(resource), resource) for resource in objects)
    return [resource for resource in results if resource is not None]


def _with_layer(resource: Resource, patch: Patch, is_exclusive: bool) -> Resource | None:
    """Return an object after a patch, None if the patch deletes it."""
    data = patch.apply(resource)
    if data is None:
        return None
    layer = Layer(step=len(resource.steps) - 1, phase=patch.phase, patch=patch, is_exclusive=is_exclusive)
    return replace(resource.with_data(data), layers=(*resource.layers, layer))
