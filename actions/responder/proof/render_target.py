"""What can be rendered of the sources that clusters read: folders of Flux Kustomizations, and entry paths.

Decides which of them a change of files can reach. Does not render.
"""

import posixpath
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field

from ..gitops.flux.desired_state import ClusterObject, DesiredState
from ..gitops.source_tree import SourceTree


@dataclass(frozen=True, kw_only=True)
class RenderTarget:
    """What a cluster gets of a source: a folder, or `only` one file of it that no kustomization reads.

    `applier` is the Flux Kustomization that applies it, None where nothing in the repository does.
    """

    cluster: str
    source: str
    path: str
    only: str | None = None
    applier: ClusterObject | None = field(compare=False, default=None)
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
        return cls(cluster=item.cluster, source=tree.name, path=path or ".", only=only, applier=item.applier, tree=tree)

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
    successors = {item.identity: item for item in desired_after.objects}
    for item in desired_before.objects:
        target = RenderTarget.of(item, desired_before)
        sources = _files_of(item) | (_files_of(item.applier) if item.applier else set())
        if files & sources or target.lists(files):
            yield target, RenderTarget.of(successors.get(item.identity, item), desired_after)


def _files_of(item: ClusterObject) -> set[str]:
    """Return the files that an object is read through."""
    resource = item.resource
    patches = {layer.patch.location.file for layer in resource.layers if layer.patch.location}
    return {resource.file, *(step.file for step in resource.steps if step.file), *patches}
