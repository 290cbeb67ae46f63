"""Edits made by their meaning alone (load, change, dump), to tell placements apart from the way they are written."""

import copy
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, assert_never

import jsonpatch
import yaml

from responder.gitops.fields import find
from responder.gitops.placement.desired_edit import DesiredEdit, JsonPatch, RemoveResource
from responder.gitops.placement.placement import EditText, Placement
from responder.yamledit.edit import AppendItem, InsertItem, RemoveValue, SetValue
from responder.yamledit.values import YamlPath


def apply(root: Path, placement: Placement) -> None:
    """Make the edit in the file below `root`."""
    file = root / placement.file
    documents = list(yaml.safe_load_all(file.read_bytes()))
    document = documents[placement.document]
    edit = placement.edit
    match edit:
        case RemoveResource():
            documents.pop(placement.document)
        case SetValue() | AppendItem():
            _change(document, edit)
        case InsertItem():
            find(document, edit.path).insert(edit.index, edit.value)
        case RemoveValue():
            del find(document, edit.path[:-1])[edit.path[-1]]
        case EditText():
            content = yaml.safe_load(find(document, edit.path))
            _change(content, edit.edit)
            _change(document, SetValue(path=edit.path, value=yaml.safe_dump(content)))
        case JsonPatch():
            assert not edit.path, "a JSON patch for an item of a list"
            documents[placement.document] = jsonpatch.apply_patch(document, list(edit.operations))
        case _:
            assert_never(edit)
    file.write_text(yaml.safe_dump_all(documents))


def respond(objects: MutableMapping[Any, dict[str, Any]], identity: object, edit: DesiredEdit) -> None:
    """Edit one of the rendered objects."""
    match edit:
        case RemoveResource():
            del objects[identity]
        case SetValue() | AppendItem():
            objects[identity] = copy.deepcopy(objects[identity])
            _change(objects[identity], edit)
        case JsonPatch():
            objects[identity] = jsonpatch.apply_patch(objects[identity], list(edit.operations))
        case _:
            assert_never(edit)


def _change(document: Any, edit: SetValue | AppendItem) -> None:
    parent, key = _parent(document, edit.path), edit.path[-1]
    match edit:
        case SetValue():
            parent[key] = edit.value
        case AppendItem():
            parent[key] = [*(parent.get(key) or []), edit.value]
        case _:
            assert_never(edit)


def _parent(document: Any, path: YamlPath) -> Any:
    """Return what has the value at the end of the path; mappings on the way that are missing are added."""
    for key in path[:-1]:
        document = document.setdefault(key, {}) if isinstance(document, dict) else document[key]
    return document
