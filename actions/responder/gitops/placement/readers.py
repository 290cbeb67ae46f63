"""Who reads the manifest that declares an object, and each kustomization on its way."""

from ..flux.clusters import Desired
from ..flux.reconcile import Applied
from ..kustomize.patches import Patch
from ..kustomize.resource import Declared, Layer, Step


class Readers:
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
            each
            for each in self._all
            if any(other.patch.location == layer.patch.location for other in each.object.layers)
        ]
        return layer.is_exclusive and [each for each in self._readings if self._is_target(each)] == changed

    @property
    def ways(self) -> int:
        """How many Flux Kustomizations give the object; 0 if they do not give it in the same way."""
        same = [each.object for each in self._readings if self._is_target(each)]
        return len(same) if all(_way(each) == _way(same[0]) for each in same) else 0

    def _is_target(self, applied: Applied) -> bool:
        return applied.identity == self._target.identity

    @property
    def others(self) -> tuple[str, ...]:
        """The other objects that the manifest becomes, for a person."""
        found = {each.identity: each for each in self._readings if each.identity != self._target.identity}
        return tuple(
            f"{each.object.id.kind} {each.object.id.full_name} in cluster {each.cluster}" for each in found.values()
        )


def _way(declared: Declared) -> tuple[list[Step], list[Patch]]:
    """What changes an object on its way; the kustomization that Flux generates for a folder changes nothing."""
    return [step for step in declared.steps if step.file], [layer.patch for layer in declared.layers]


def _passes(declared: Declared, step: Step) -> bool:
    if step.file:
        return any(passed.file == step.file for passed in declared.steps)
    return any((passed.tree, passed.folder) == (step.tree, step.folder) for passed in declared.steps)
