"""Edits of the YAML in a block of text of a YAML document, such as an inline patch of a kustomization.

Only literal blocks can be edited: their lines are the lines of the file behind an indentation, so that an edit of a
line is a splice of the file. https://yaml.org/spec/1.2.2/#812-literal-style
"""

import re
from dataclasses import replace

from ..errors import EditRefused
from . import editor, lines
from .documents import decode, parse
from .edit import Edit, EditedFile
from .nodes import Node
from .values import YamlPath

_HEADER = re.compile(r"\|[0-9+-]*[ \t]*(?:#[^\r\n]*)?(\r\n|\n|\r)")


def apply(data: bytes, document: int, path: YamlPath, inner: Edit) -> EditedFile:
    """Return the file with an edit applied to the YAML text that `path` leads to.

    The line is that in the file; `previous` is the value in the text. Raise EditRefused or NotYaml.
    """
    node = _block(data, document, path)
    text, mark = decode(data)
    edited = editor.apply(node.text.encode(), 0, inner)
    if edited.content == edited.original:
        return replace(edited, original=data, content=data, line=lines.number(text, node.start))
    header = _HEADER.match(text, node.content(text))
    if header is None:
        raise EditRefused("block-scalar", "the text is not a literal block", line=lines.number(text, node.start))
    body = text[header.end() : node.end]
    indent = body[: len(body) - len(body.lstrip(" "))]
    new_lines = edited.content.decode().rstrip("\n").split("\n")
    new = header[1].join(indent + line if line else line for line in new_lines)
    content = (mark + text[: header.end()] + new + text[node.end :]).encode()
    if _block(content, document, path).text.encode() != edited.content or _others(content, document) != _others(
        data, document
    ):
        raise EditRefused("verification", "the edit would change more than that", line=lines.number(text, node.start))
    return replace(edited, original=data, content=content, line=lines.number(text, header.end()) + edited.line - 1)


def _block(data: bytes, document: int, path: YamlPath) -> Node:
    node = parse(data)[document].root
    for step in path:
        node = node.child(step) if node else None
    if node is None or node.kind != "scalar" or node.style != "|":
        raise EditRefused("not-a-block", "the patch is not a literal block of text", line=1)
    return node


def _others(data: bytes, document: int) -> list[str]:
    """Return the text of the other documents of the file."""
    return [other.source for index, other in enumerate(parse(data)) if index != document]
