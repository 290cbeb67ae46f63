"""What Kustomize tells objects apart by."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..fields import mapping, text


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectId:
    """API group and version, kind, name and namespace; `namespace` is None where the object does not have it."""

    group: str
    version: str
    kind: str
    name: str
    namespace: str | None

    @property
    def effective_namespace(self) -> str:
        """The namespace that the object is in if nothing else sets one."""
        return self.namespace or "default"

    @property
    def full_name(self) -> str:
        """Namespace and name; a dash stands for a missing namespace."""
        return f"{self.namespace or '-'}/{self.name}"

    def same_as(self, other: "ObjectId") -> bool:
        """Return whether both are ids of one object. A missing namespace is the default one."""
        return replace(self, namespace=self.effective_namespace) == replace(other, namespace=other.effective_namespace)


def identify(data: Mapping[str, Any]) -> ObjectId:
    """Return the id of an object with this content."""
    group, _, version = text(data, "apiVersion").rpartition("/")
    metadata = mapping(data, "metadata")
    return ObjectId(
        group=group,
        version=version,
        kind=text(data, "kind"),
        name=text(metadata, "name"),
        namespace=text(metadata, "namespace") or None,
    )
