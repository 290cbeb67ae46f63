"""Edits the YAML in a block of text of a YAML document, such as an inline patch of a kustomization.

Only literal blocks: their lines are the lines of the file behind an indentation, so that an edit of one is a splice of
the other. https://yaml.org/spec/1.2.2/#812-literal-style
"""

import re

from ..errors import EditRefused
from . import edit, lines
from .documents import Value, decode, parse
from .edit import Edit
from .nodes import Node
from .values import YamlPath

_HEADER = re.compile(r"\|[0-9+-]*[ \t]*(?:#[^\r\n]*)?(\r\n|\n|\r)")


def set_value(data: bytes, document: int, path: YamlPath, inside: YamlPath, value: Value) -> Edit:
    """Set what `inside` leads to in the YAML text that `path` leads to. Raises EditRefused or NotYaml.

    The line is that in the file, and `previous` is the value in the text.
    """
    node = _block(data, document, path)
    text, mark = decode(data)
    done = edit.set_value(node.text.encode(), 0, inside, value)
    if done.after == done.before:
        return Edit(before=data, after=data, line=lines.number(text, node.start), previous=done.previous)
    header = _HEADER.match(text, node.content(text))
    if header is None:
        raise EditRefused("block-scalar", "the text is not a literal block", line=lines.number(text, node.start))
    body = text[header.end() : node.end]
    indent = body[: len(body) - len(body.lstrip(" "))]
    written = done.after.decode().rstrip("\n").split("\n")
    new = header[1].join(indent + each if each else each for each in written)
    after = (mark + text[: header.end()] + new + text[node.end :]).encode()
    if _block(after, document, path).text.encode() != done.after or _rest(after, document) != _rest(data, document):
        raise EditRefused("verification", "the edit would change more than that", line=lines.number(text, node.start))
    return Edit(before=data, after=after, line=lines.number(text, header.end()) + done.line - 1, previous=done.previous)


def _block(data: bytes, document: int, path: YamlPath) -> Node:
    node = parse(data)[document].root
    for step in path:
        node = node.child(step) if node else None
    if node is None or node.kind != "scalar" or node.style != "|":
        raise EditRefused("not-a-block", "the patch is not a literal block of text", line=1)
    return node


def _rest(data: bytes, document: int) -> list[str]:
    """The other documents of the file."""
    return [each.source for number, each in enumerate(parse(data)) if number != document]
