"""Who else reads the manifest that declares an object, and each kustomization on the object's way."""

from ..flux.desired_state import ClusterObject, DesiredState
from ..kustomize.resource import Layer, Resource, Setter, Step


class Readers:
    """The objects that the manifest of one object, the target, becomes in all clusters."""

    def __init__(self, desired_state: DesiredState, target: ClusterObject) -> None:
        self._target = target
        self._all = desired_state.objects
        self._readings = [item for item in self._all if item.resource.source == target.resource.source]
        self._target_readings = [item for item in self._readings if item.identity == target.identity]

    def are_target_alone(self, step: Step | None = None) -> bool:
        """Return whether the manifest becomes the target and nothing else.

        With a `step`: whether all that passes its kustomization becomes the target, and all of the target passes it.
        """
        passing = [item for item in self._readings if step is None or _passes(item.resource, step)]
        return passing == self._target_readings

    def owns(self, layer: Layer) -> bool:
        """Return whether the text of a patch changes the target, in every reading of it, and nothing else anywhere."""
        changed = [
            item
            for item in self._all
            if any(other.patch.location == layer.patch.location for other in item.resource.layers)
        ]
        return layer.is_exclusive and changed == self._target_readings

    @property
    def exclusive_steps(self) -> list[Step]:
        """The kustomizations on the target's way that only it passes, the innermost first; components are none."""
        steps = self._target.resource.steps
        return [step for step in steps if not step.component and self.are_target_alone(step)]

    @property
    def applier_count(self) -> int:
        """How many Flux Kustomizations apply the target; 0 if what they apply differs."""
        resources = [item.resource for item in self._target_readings]
        return len(resources) if all(_way(resource) == _way(resources[0]) for resource in resources) else 0

    @property
    def other_objects(self) -> tuple[str, ...]:
        """The other objects that the manifest becomes, for a message."""
        others = {item.identity: item for item in self._readings if item.identity != self._target.identity}
        return tuple(
            f"{item.resource.id.kind} {item.resource.id.full_name} in cluster {item.cluster}"
            for item in others.values()
        )


def _way(resource: Resource) -> tuple[list[Step], list[Setter]]:
    """Return what changes an object on its way. The kustomization that Flux generates changes nothing."""
    return [step for step in resource.steps if step.file], [layer.patch for layer in resource.layers]


def _passes(resource: Resource, step: Step) -> bool:
    if step.file:
        return any(other.file == step.file for other in resource.steps)
    return any((other.tree, other.folder) == (step.tree, step.folder) for other in resource.steps)
