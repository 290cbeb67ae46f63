"""The line numbers of values in a file, for messages that name them."""

import yaml

from ...yamledit.values import YamlPath
from ..kustomize.resource import Resource
from ..manifests import DocumentText, split


def line_of(data: bytes, resource: Resource, path: YamlPath) -> int:
    """Return the line (from 1) of the value at `path` of an object that the file `data` declares.

    Where there is no such value, it is the line of the nearest value around it.
    """
    document = next((document for document in split(data) if document.index == resource.document), None)
    node = _compose(document) if document else None
    if document is None or node is None:
        return resource.line
    for key in (*resource.location.keys, *path):
        child = _child(node, key)
        if child is None:
            break
        node = child
    return document.line + (node.start_mark.line if node.start_mark else 0) + 1


def _compose(document: DocumentText) -> yaml.Node | None:
    try:
        return yaml.compose(document.data, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:  # an anchor that is defined twice: Flux takes it, the composer does not
        return None


def _child(node: yaml.Node, key: str | int) -> yaml.Node | None:
    match node:
        case yaml.MappingNode():
            return next((value for name, value in node.value if name.value == key), None)
        case yaml.SequenceNode() if isinstance(key, int) and key < len(node.value):
            child = node.value[key]
            return child if isinstance(child, yaml.Node) else None
    return None
