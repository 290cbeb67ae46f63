"""The style of the neighbours of a value: the notation in which it is written so that it looks like them."""

import itertools
from collections.abc import Iterable, Iterator, Sequence

from .nodes import Node
from .notation import Notation
from .values import Value


def around(text: str, nodes: Sequence[Node], value: Value) -> Notation:
    """Return the notation for a value in the last of these nodes, which lead down from the root."""
    model = next((node for node in reversed(nodes) if node.entries), None)
    key = model.entries[0][0] if model else None
    quote = key.style if key and key.style in ("'", '"') else None
    if not nodes:
        return Notation()
    if not nodes[-1].flow:
        step, dash = _indentation(text, nodes) if isinstance(value, dict | list) else (2, 2)
        return Notation(quote=quote, step=step, dash=dash)
    if model is None or not model.flow or quote != '"':
        return Notation(json=nodes[0].flow and model is None, quote=quote)
    colon, comma = _separators(text, model)
    return Notation(json=True, colon=colon, comma=comma)


def _separators(text: str, model: Node) -> tuple[str, str]:
    """Return what separates key and value, and entries: as in the first entry if that is only sign and space."""
    key, value = model.entries[0]
    colon = text[key.end : value.start]
    colon = ": " if colon.strip(" \t") != ":" else colon
    comma = ", " if colon.endswith((" ", "\t")) else ","
    if len(model.entries) > 1:
        gap = text[value.end : model.entries[1][0].start]
        comma = gap if gap.strip(" \t") == "," else comma
    return colon, comma


def _indentation(text: str, nodes: Sequence[Node]) -> tuple[int, int]:
    """Return the indentation of mappings and lists below their keys: that of the nearest, else of the first one."""
    nearest = zip(nodes[-2::-1], nodes[:0:-1], strict=False)
    step = next(_offsets(text, itertools.chain(nearest, nodes[0].pairs()), "mapping"), 2)
    return step, next(_offsets(text, nodes[0].pairs(), "sequence"), 2)


def _offsets(text: str, pairs: Iterable[tuple[Node, Node]], kind: str) -> Iterator[int]:
    for parent, child in pairs:
        if parent.kind == "mapping" and child.kind == kind and not child.flow and not parent.flow:
            yield child.column(text) - parent.column(text)
