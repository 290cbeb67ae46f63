"""Where an edit is written: the file, the document, and what is edited in it.

Decides nothing: choice.py chooses the placement, plan/edits.py applies it.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from ...yamledit.edit import AppendItem, Edit, SetValue
from ...yamledit.values import YamlPath
from ..kustomize.resource import Phase
from .desired_edit import JsonPatch, RemoveResource

FIRST = (-1, Phase.STRATEGIC_MERGE)  # the step and phase before all layers: the manifest
FLUX_PATCHES: YamlPath = ("spec", "patches")  # of a Flux Kustomization


class PlacementKind(StrEnum):
    """The kind of text that an edit is written into."""

    MANIFEST = "the manifest"
    LAYER = "what sets the field after the manifest"
    REPLICAS = "the replica counts of a kustomization"
    PATCH = "the patches of a kustomization"
    FLUX = "the patches of the Flux Kustomization"
    RESOURCES = "the resources of a kustomization"


@dataclass(frozen=True, kw_only=True)
class EditText:
    """Edit the YAML text that is the value at `path`; the path of the inner edit begins at the root of the text."""

    path: YamlPath
    edit: SetValue | AppendItem


FileEdit = Edit | EditText | JsonPatch | RemoveResource


@dataclass(frozen=True, kw_only=True)
class Placement:
    """An edit of one document of a file.

    The paths of the edit begin at the root of the document. RemoveResource removes the document. `shared` names the
    other objects that the manifest becomes, where that is the reason why it is not edited itself.
    """

    file: PurePosixPath
    document: int
    edit: FileEdit
    kind: PlacementKind
    shared: tuple[str, ...] = ()
