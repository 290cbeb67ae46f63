"""What can be rendered of the sources that clusters read: folders of Flux Kustomizations, and entry paths.

Decides which of them a change of files can reach. Does not render.
"""

import posixpath
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field, replace

from ..gitops.flux.desired_state import ClusterObject, DesiredState
from ..gitops.source_tree import SourceTree


@dataclass(frozen=True, kw_only=True)
class RenderTarget:
    """What a cluster gets of a source: a folder, or `only` one file of it that no kustomization reads.

    `applier` is the Flux Kustomization that applies it, None where nothing in the repository does; `applied_by` tells
    it from others, because two of them can apply one folder in different ways. `objects` are those of the target that
    matter.
    """

    cluster: str
    source: str
    path: str
    only: str | None = None
    applier: ClusterObject | None = field(compare=False, default=None)
    applied_by: tuple[object, ...] | None = None
    objects: tuple[ClusterObject, ...] = field(compare=False, default=(), repr=False)
    tree: SourceTree = field(compare=False)

    @classmethod
    def of(cls, item: ClusterObject, state: DesiredState) -> "RenderTarget":
        """Return the target whose rendering has an object."""
        steps = item.resource.steps
        tree = state.tree(steps[-1].tree if steps else "")
        if item.applier:
            path, only = item.applier.as_flux_kustomization.folder or ".", None
        elif steps and steps[-1].file:
            path, only = steps[-1].folder, None
        else:
            path, only = posixpath.split(item.resource.file)
        return cls(
            cluster=item.cluster,
            source=tree.name,
            path=path or ".",
            only=only,
            applier=item.applier,
            applied_by=item.applier.reading if item.applier else None,
            tree=tree,
        )

    def lists(self, files: Iterable[str]) -> bool:
        """Return whether one of the files is read only because it is in the folder."""
        is_listing = self.only is None and not self.source and self.tree.kustomization(self.path) is None
        return is_listing and any(self.path == "." or file.startswith(f"{self.path}/") for file in files)

    def __str__(self) -> str:
        return f"{posixpath.join(self.path, self.only) if self.only else self.path} in cluster {self.cluster}"


def reached_targets(
    desired_before: DesiredState, desired_after: DesiredState, files: Set[str]
) -> Iterator[tuple[RenderTarget, RenderTarget]]:
    """Yield the targets whose rendering the changed files can reach, each as it is before and after the change."""
    objects: dict[RenderTarget, list[ClusterObject]] = {}
    for item in desired_before.objects:
        objects.setdefault(RenderTarget.of(item, desired_before), []).append(item)
    successors = {item.reading: item for item in desired_after.objects}
    for target, items in objects.items():
        reached = [item for item in items if files & _files_of(item)]
        if reached or target.lists(files):
            item = (reached or items)[0]
            yield (
                replace(target, objects=tuple(items)),
                RenderTarget.of(successors.get(item.reading, item), desired_after),
            )


def _files_of(item: ClusterObject) -> set[str]:
    """Return the files that an object is read through, and those of the Flux Kustomizations that lead to it."""
    resource = item.resource
    patches = {layer.patch.location.file for layer in resource.layers if layer.patch.location}
    files = {resource.file, *(step.file for step in resource.steps if step.file), *patches}
    return files | _files_of(item.applier) if item.applier else files
