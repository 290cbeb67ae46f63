"""Edits that the API server would refuse: the whole Flux Kustomization would be stuck, and with it the next response.

Decides from the kind and the path of an edit. Whether a value is valid is not decided here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import Unsupported
from ..gitops.fields import find, mapping, text
from ..gitops.flux.desired_state import ClusterObject
from ..gitops.flux.kustomization import GROUP
from ..gitops.placement.desired_edit import DesiredEdit, changed_paths, edited
from ..yamledit.values import YamlPath, dotted

_VALIDATION = "https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/apis"
ANY = "*"  # every index of a list

Pattern = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ImmutableFields:
    """The fields of a kind that the API server never lets change; `source` is the code that says so."""

    fields: tuple[Pattern, ...]
    exceptions: tuple[Pattern, ...] = ()
    source: str

    def contain(self, path: YamlPath) -> bool:
        """Return whether the value at a path is in one of the fields, or has one in it."""
        if any(_is_start(exception, path) for exception in self.exceptions):
            return False
        return any(_is_start(field, path) or _is_start(path, field) for field in self.fields)


_SELECTOR = ("spec", "selector")
_APPS = f"{_VALIDATION}/apps/validation/validation.go"
_SELECTOR_ALONE = ImmutableFields(fields=(_SELECTOR,), source=_APPS)
BY_KIND: Mapping[str, ImmutableFields] = {
    "Deployment": _SELECTOR_ALONE,
    "DaemonSet": _SELECTOR_ALONE,
    "ReplicaSet": _SELECTOR_ALONE,
    "StatefulSet": ImmutableFields(
        fields=(
            _SELECTOR,
            ("spec", "volumeClaimTemplates"),
            ("spec", "serviceName"),
            ("spec", "podManagementPolicy"),
        ),
        source=_APPS,
    ),
    "Job": ImmutableFields(
        fields=(
            _SELECTOR,
            ("spec", "template"),
            ("spec", "completions"),
            ("spec", "completionMode"),
            ("spec", "podFailurePolicy"),
            ("spec", "backoffLimitPerIndex"),
            ("spec", "managedBy"),
            ("spec", "successPolicy"),
            ("spec", "scheduling"),
        ),
        source=f"{_VALIDATION}/batch/validation/validation.go",
    ),
    "Pod": ImmutableFields(
        fields=(("spec",),),
        exceptions=(
            ("spec", "containers", ANY, "image"),
            ("spec", "initContainers", ANY, "image"),
            ("spec", "activeDeadlineSeconds"),
            ("spec", "terminationGracePeriodSeconds"),
            ("spec", "tolerations"),
        ),
        source=f"{_VALIDATION}/core/validation/validation.go",
    ),
}


def require_mutable(item: ClusterObject, edit: DesiredEdit) -> None:
    """Raise Unsupported if the API server would refuse an edit of an object.

    Where Flux may delete and create the object anew (`force`), it would not.
    """
    if _is_replaced_by_force(item):
        return
    kind = item.resource.id.kind
    require_mutable_paths(kind, changed_paths(edit))
    _require_labels_of_selector(kind, item, edit)


def require_mutable_paths(kind: str, paths: Sequence[YamlPath]) -> None:
    """Raise Unsupported if the API server lets none of these fields of a kind change."""
    immutable = BY_KIND.get(kind)
    for path in paths:
        if immutable and immutable.contain(path):
            raise Unsupported(
                f"{dotted(path)} of a {kind} cannot change ({immutable.source}): the API server would refuse it, "
                "and Flux would apply nothing more of the same Kustomization"
            )


def _require_labels_of_selector(kind: str, item: ClusterObject, edit: DesiredEdit) -> None:
    """Raise Unsupported if the labels of the pods would no longer be those that the selector demands."""
    selector = mapping(item.resource.data, "spec", "selector", "matchLabels")
    content = edited(edit, item.resource.data)
    if content is None or kind not in BY_KIND:
        return
    labels = mapping(content, "spec", "template", "metadata", "labels")
    old_labels = mapping(item.resource.data, "spec", "template", "metadata", "labels")
    for key, value in selector.items():
        if labels.get(key) != value and old_labels.get(key) == value:
            raise Unsupported(
                f"spec.selector of the {kind} demands the label {key}: {value} of its pods: the API server would "
                "refuse another one, and Flux would apply nothing more of the same Kustomization"
            )


def _is_replaced_by_force(item: ClusterObject) -> bool:
    """Return whether Flux deletes and creates an object anew if it cannot be changed.

    https://fluxcd.io/flux/components/kustomize/kustomizations/#force
    """
    if text(mapping(item.resource.data, "metadata", "annotations"), f"{GROUP}/force").lower() == "enabled":
        return True
    return bool(item.applier and find(item.applier.resource.data, ("spec", "force")) is True)


def _is_start(pattern: YamlPath, path: YamlPath) -> bool:
    """Return whether a path begins with a pattern."""
    pairs = zip(pattern, path, strict=False)
    return len(pattern) <= len(path) and all(first in (second, ANY) or second == ANY for first, second in pairs)
