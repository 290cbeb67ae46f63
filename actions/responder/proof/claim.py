"""What a response claims to do to one rendered object: to edit it, or to add it.

Decides whether a rendered object is the claimed one and what it has to become. Does not render or compare.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..gitops.fields import find, set_in
from ..gitops.flux.desired_state import ClusterObject
from ..gitops.placement.desired_edit import DesiredEdit, edited
from .render_target import RenderTarget
from .rendered import ObjectKey

_SELECTOR = ("spec", "podSelector", "matchLabels")


@dataclass(frozen=True, kw_only=True)
class EditedObject:
    """One object of one cluster and its edit."""

    object: ClusterObject
    edit: DesiredEdit

    @property
    def cluster(self) -> str:
        """Return the cluster that gets the object."""
        return self.object.cluster

    def is_about(self, target: RenderTarget, key: ObjectKey) -> bool:
        """Return whether a rendered object of a target is the edited one."""
        declaration = (self.object.identity, self.object.resource.source)
        return any(
            (item.identity, item.resource.source) == declaration and is_rendering_of(item, target.cluster, key)
            for item in target.objects
        )

    def __str__(self) -> str:
        return str(self.object)


@dataclass(frozen=True, kw_only=True)
class AddedObject:
    """An object that a cluster gets, with this content except for what kustomizations do to its name and labels."""

    cluster: str
    content: Mapping[str, Any]

    def is_about(self, target: RenderTarget, key: ObjectKey) -> bool:
        """Return whether a rendered object of a target is the added one."""
        group = str(self.content["apiVersion"]).rpartition("/")[0]
        is_of_kind = (target.cluster, key[0], key[1]) == (self.cluster, group, self.content["kind"])
        return is_of_kind and self.content["metadata"]["name"] in key[3]

    def __str__(self) -> str:
        return f"{self.content['kind']} {self.content['metadata']['name']}"

    def matches(self, rendered: Mapping[str, Any] | None) -> bool:
        """Return whether a rendered object has this content; a kustomization may have added labels to its selector."""
        labels = find(self.content, _SELECTOR)
        selector = find(rendered, _SELECTOR)
        if not isinstance(rendered, dict) or not isinstance(selector, dict) or not labels.items() <= selector.items():
            return False
        return bool(set_in(rendered, _SELECTOR, labels)["spec"] == self.content["spec"])


Claim = EditedObject | AddedObject


def is_rendering_of(item: ClusterObject, cluster: str, key: ObjectKey) -> bool:
    """Return whether a rendered object is one that a cluster gets. Its folder renders it with variables as written."""
    group, kind, namespace, name = key
    ids = item.resource.ids
    return (
        (cluster, group, kind) == (item.cluster, ids[-1].group, ids[-1].kind)
        and name in {id_.name for id_ in ids}
        and namespace in {id_.namespace or "" for id_ in ids}
    )


def explains(
    claims: list[Claim], content_before: Mapping[str, Any] | None, content_after: Mapping[str, Any] | None
) -> bool:
    """Return whether the difference of one object is what the claims about it say, and nothing besides."""
    if content_before is None:
        return any(isinstance(claim, AddedObject) and claim.matches(content_after) for claim in claims)
    expected: Mapping[str, Any] | None = content_before
    for claim in claims:
        if isinstance(claim, EditedObject):
            expected = None if expected is None else edited(claim.edit, expected)
    return bool(claims) and content_after == expected
