"""Edits made by their meaning alone (load, change, dump), to tell placements apart from the way they are written."""

import copy
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import yaml

from responder.gitops.placement.placement import Placement, Wanted
from responder.yamledit.values import YamlPath


def apply(root: Path, placement: Placement) -> None:
    """Make the edit in the file below `root`."""
    file = root / placement.file
    documents = list(yaml.safe_load_all(file.read_bytes()))
    if not placement.keys:
        documents.pop(placement.document)
    elif placement.inside is None:
        _change(documents[placement.document], placement.keys, placement.value, append=placement.append)
    else:
        text = _at(documents[placement.document], placement.keys)
        inner = yaml.safe_load(text)
        _change(inner, placement.inside, placement.value, append=placement.append)
        _change(documents[placement.document], placement.keys, yaml.safe_dump(inner), append=False)
    file.write_text(yaml.safe_dump_all(documents))


def respond(objects: MutableMapping[Any, dict[str, Any]], identity: object, want: Wanted) -> None:
    """Change an object among the rendered ones as it is wanted."""
    if not want.keys:
        del objects[identity]
        return
    objects[identity] = copy.deepcopy(objects[identity])
    _change(objects[identity], want.keys, want.value, append=want.append)


def _change(document: Any, keys: YamlPath, value: Any, *, append: bool) -> None:
    for key in keys[:-1]:
        document = document.setdefault(key, {}) if isinstance(document, dict) else document[key]
    if append:
        document[keys[-1]] = [*(document.get(keys[-1]) or []), value]
    else:
        document[keys[-1]] = value


def _at(document: Any, keys: YamlPath) -> Any:
    for key in keys:
        document = document[key]
    return document
