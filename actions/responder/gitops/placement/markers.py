"""The lines that values of a document stand on, for messages that name them."""

from typing import Any

import yaml

from ...yamledit.values import YamlPath
from ..kustomize.resource import Declared
from ..manifests import Document, split


def line(data: bytes, declared: Declared, keys: YamlPath) -> int:
    """The line (from 1) of the value that `keys` lead to in an object that the file `data` declares.

    Where there is no such value, it is the line of the nearest thing around it.
    """
    document = next((each for each in split(data) if each.index == declared.document), None)
    node = _compose(document) if document else None
    if document is None or node is None:
        return declared.line
    for key in (*declared.location.keys, *keys):
        inner = _child(node, key)
        if inner is None:
            break
        node = inner
    return document.line + (node.start_mark.line if node.start_mark else 0) + 1


def _compose(document: Document) -> yaml.Node | None:
    try:
        return yaml.compose(document.data, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:  # an anchor that is defined twice: Flux takes it, the composer does not
        return None


def _child(node: yaml.Node, key: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    found: Any = node.value[key] if isinstance(node, yaml.SequenceNode) and isinstance(key, int) else None
    return found if isinstance(found, yaml.Node) else None
