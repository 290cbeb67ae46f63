"""An object of the desired state on its way into a cluster: where it is declared, what changes it, who reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from ...yamledit.values import YamlPath

if TYPE_CHECKING:
    from .patches import Patch


class Phase(IntEnum):
    """What a kustomization does to its objects, in Kustomize's order; Flux adds its patches to those that are there.

    https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/target/kusttarget_configplugin.go
    """

    STRATEGIC_MERGE = 0
    PATCHES = 1
    FLUX_PATCHES = 2
    NAMES = 3
    JSON6902 = 4
    REPLICAS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Id:
    """What Kustomize tells objects apart by."""

    group: str
    version: str
    kind: str
    name: str
    namespace: str | None

    @property
    def effective_namespace(self) -> str:
        return self.namespace or "default"

    @property
    def full_name(self) -> str:
        """Namespace and name, a dash for a namespace that nothing says."""
        return f"{self.namespace or '-'}/{self.name}"

    def same_as(self, other: "Id") -> bool:
        """Whether both mean the same object, in which no namespace means the default one."""
        return replace(self, namespace=self.effective_namespace) == replace(other, namespace=other.effective_namespace)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A value in a file: `keys` lead to it in the document; `text` says that the value is a string of YAML itself."""

    file: str
    document: int
    keys: YamlPath = ()
    text: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A kustomization that an object has passed.

    `file` is None where Flux generates the kustomization; `folder` and `tree` name the folder and the source tree
    that it lies in; `before` is the object's name and namespace as it came in.
    """

    file: str | None
    tree: str
    folder: str
    component: bool
    before: Id


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """A patch or replica count that has changed an object, and in which phase of which of its steps.

    `alone` says that it can only ever have changed this one object of that kustomization.
    """

    step: int
    phase: Phase
    patch: "Patch"
    alone: bool


@dataclass(frozen=True, kw_only=True)
class Declared:
    """An object: `data` and the last of `ids` are as it stands so far, `ids` begin with what the file says."""

    file: str
    document: int
    item: int | None
    line: int
    data: Mapping[str, Any]
    ids: tuple[Id, ...]
    steps: tuple[Step, ...] = ()
    layers: tuple[Layer, ...] = ()
    unresolved: frozenset[str] = field(default=frozenset())

    @property
    def id(self) -> Id:
        return self.ids[-1]

    @property
    def place(self) -> Place:
        """The whole object, where it is declared."""
        return Place(file=self.file, document=self.document, keys=() if self.item is None else ("items", self.item))

    @property
    def source(self) -> tuple[str, int, int | None]:
        """What tells one declaration from another."""
        return self.file, self.document, self.item

    def with_data(self, data: Mapping[str, Any]) -> "Declared":
        """The object with other content, its id following from that."""
        new = identify(data)
        return replace(self, data=data, ids=self.ids if new == self.id else (*self.ids, new))

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({self.id.kind} {self.id.full_name})"


def identify(data: Mapping[str, Any]) -> Id:
    """The id that the content of an object gives it."""
    group, _, version = text(data, "apiVersion").rpartition("/")
    meta = mapping(data, "metadata")
    return Id(
        group=group,
        version=version,
        kind=text(data, "kind"),
        name=text(meta, "name"),
        namespace=text(meta, "namespace") or None,
    )


def mapping(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """The mapping that `keys` lead to, empty if there is none."""
    value: Any = data
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None  # half the time of asking for a Mapping
    return value if isinstance(value, dict) else {}


def text(data: Mapping[str, Any], key: str) -> str:
    """The value at `key` as text, empty if it is no scalar."""
    value = data.get(key)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def items(data: Mapping[str, Any], key: str) -> list[Any]:
    """The list at `key`, empty if there is none."""
    value = data.get(key)
    return value if isinstance(value, list) else []


def find(data: Any, keys: YamlPath) -> Any:
    """The value that `keys` lead to, None if there is none."""
    for key in keys:
        if isinstance(key, str):
            data = data.get(key) if isinstance(data, Mapping) else None
        else:
            data = data[key] if isinstance(data, list) and key < len(data) else None
    return data


def set_in(data: Mapping[str, Any], keys: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A copy of `data` in which `keys` lead to `value`, with the mappings in between made where they are missing."""
    inner = value if len(keys) == 1 else set_in(mapping(data, keys[0]), keys[1:], value)
    return {**data, keys[0]: inner}
