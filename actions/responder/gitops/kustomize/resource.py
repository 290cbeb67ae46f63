"""A resource of a build: an object on its way from the file that declares it, with all that has changed it so far.

Decides what an object's id is, and nothing about what changes an object: patches.py and kustomization.py do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Protocol

from ...yamledit.values import YamlPath
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


class Phase(IntEnum):
    """The order in which one kustomization changes its objects; Flux adds its patches after those of the file.

    https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/target/kusttarget_configplugin.go
    """

    STRATEGIC_MERGE = 0
    PATCHES = 1
    FLUX_PATCHES = 2
    NAMES = 3
    JSON6902 = 4
    REPLICAS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Location:
    """A value in a file: `keys` lead to it in the document; `text` says that the value is a string of YAML itself."""

    file: str
    document: int
    keys: YamlPath = ()
    text: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """Where a patch sets a value of an object.

    `keys` lead to the value in the patch itself; it is not `exact` if the patch sets something around the value.
    """

    keys: YamlPath
    exact: bool


class Setter(Protocol):
    """A patch or a replica count: what can tell where it sets a value, and can be edited at its location."""

    @property
    def location(self) -> Location | None: ...

    def sets(self, path: YamlPath) -> Setting | None:
        """Return where it sets the value at `path` of an object or something around it, None if it does not."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A kustomization that an object has passed.

    `file` is None where Flux generates the kustomization; `folder` and `tree` name the folder and the source tree
    that it lies in; `input_id` is the object's id as it came in.
    """

    file: str | None
    tree: str
    folder: str
    component: bool
    input_id: ObjectId


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """A patch or replica count that has changed an object, and in which phase of which of its steps.

    `is_exclusive` says that it can only ever have changed this one object of that kustomization.
    """

    step: int
    phase: Phase
    patch: Setter
    is_exclusive: bool


@dataclass(frozen=True, kw_only=True)
class Resource:
    """An object: `data` and the last of `ids` are those of now, the first of `ids` is that of the file."""

    file: str
    document: int
    item: int | None
    line: int
    data: Mapping[str, Any]
    ids: tuple[ObjectId, ...]
    steps: tuple[Step, ...] = ()
    layers: tuple[Layer, ...] = ()

    @property
    def id(self) -> ObjectId:
        """The id of now."""
        return self.ids[-1]

    @property
    def location(self) -> Location:
        """Where the whole object is declared."""
        return Location(file=self.file, document=self.document, keys=() if self.item is None else ("items", self.item))

    @property
    def source(self) -> tuple[str, int, int | None]:
        """What tells one declaration from another: file, document and item."""
        return self.file, self.document, self.item

    def with_data(self, data: Mapping[str, Any]) -> "Resource":
        """Return the object with other content; its id follows from that."""
        new_id = identify(data)
        return replace(self, data=data, ids=self.ids if new_id == self.id else (*self.ids, new_id))

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({self.id.kind} {self.id.full_name})"


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
