"""What is wanted of an object, and the place in a file where the edit for it belongs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from ...yamledit.values import YamlPath
from ..fields import find
from ..kustomize.patches import operate, pointer
from ..kustomize.phase import Phase
from ..kustomize.resource import Declared

FIRST = (-1, Phase.STRATEGIC_MERGE)  # the step and phase before all layers: the manifest


class How(StrEnum):
    """What kind of place an edit was given."""

    MANIFEST = "the manifest"
    LAYER = "what sets the field after the manifest"
    REPLICAS = "the replica counts of a kustomization"
    PATCH = "the patches of a kustomization"
    FLUX = "the patches of the Flux Kustomization"
    RESOURCES = "the resources of a kustomization"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A field of an object and the value that it shall have; with `append`, the item that its list shall end with.

    With `operations`, what shall happen to it is a JSON patch. Without `keys` and `operations` it shall be gone.
    """

    keys: tuple[str, ...] = ()
    value: Any = None
    append: bool = False
    operations: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_removal(self) -> bool:
        return not (self.keys or self.operations)

    @property
    def fields(self) -> tuple[YamlPath, ...]:
        """The fields that change."""
        operated = tuple(pointer(str(each["path"])) for each in self.operations)
        return operated or ((self.keys,) if self.keys else ())

    def holds(self, declared: Declared) -> bool:
        """Whether the object as its cluster gets it is as it is wanted."""
        if self.is_removal:
            return False
        if self.operations:
            return operate(declared.data, self.operations) == dict(declared.data)
        now = find(declared.data, self.keys)
        if self.append:
            return isinstance(now, list) and self.value in now
        return bool(now == self.value and type(now) is type(self.value))


@dataclass(frozen=True, kw_only=True)
class Placement:
    """The edit to make: set the value at `keys` of a document, or append it to the list there.

    With `inside`, the value at `keys` is a text of YAML, and the edit is made at `inside` of that. With `operations`,
    they are to be done below `keys`. Without `keys` and `operations` the document is to be removed. `shared` says who
    else reads the manifest, where that is why it is left alone.
    """

    file: PurePosixPath
    document: int
    keys: YamlPath
    value: Any
    append: bool = False
    inside: YamlPath | None = None
    operations: tuple[Mapping[str, Any], ...] = ()
    how: How
    shared: tuple[str, ...] = ()

    @property
    def is_removal(self) -> bool:
        return not (self.keys or self.operations)


PATCHES = Wanted(keys=("spec", "patches"), append=True)  # of a Flux Kustomization
