"""A resource of a build: an object on its way from the file that declares it, with all that has changed it so far."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .location import Location
from .object_id import ObjectId, identify
from .patches import Patch
from .phase import Phase


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
    patch: Patch
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
