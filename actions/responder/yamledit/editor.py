"""Applies an edit to the bytes of a file.

An edit splices the text: every other byte stays as it is. What cannot be edited without changing more is refused by
name. Every edited file is parsed again and compared before it is returned. How values are written is decided in
`notation` and `style`, where they go in `block` and `flow`.
"""

from typing import Any, assert_never

from . import block, flow, splice, style
from .edit import AppendItem, Edit, EditedFile, InsertItem, RemoveValue, SetValue
from .edit_target import EditTarget
from .nodes import plain
from .splice import Splice
from .values import ABSENT, Value, at, put, same


def apply(data: bytes, document: int, edit: Edit) -> EditedFile:
    """Return the file with an edit applied to the document of that index.

    Raise NotYaml, or EditRefused with the name of the reason.
    """
    target = EditTarget(data, document, edit.path)
    match edit:
        case SetValue():
            return _set_value(target, edit.value)
        case AppendItem():
            return _append_item(target, edit.value)
        case InsertItem():
            return _insert_item(target, edit.index, edit.value)
        case RemoveValue():
            return _remove_value(target, edit)
        case _:
            assert_never(edit)


def _set_value(target: EditTarget, value: Value) -> EditedFile:
    if same(target.value, value):
        return target.unchanged()
    target.refuse_aliases()
    if target.missing:
        return _create(target, value)
    return target.edited(_replace(target, value), put(target.document.value, target.path, value))


def _append_item(target: EditTarget, item: Value) -> EditedFile:
    items = target.value
    if isinstance(items, list) and any(same(member, item) for member in items):
        return target.unchanged()
    target.refuse_aliases()
    if target.missing and items is not ABSENT:
        raise target.refusal("merge-key", "a merge key supplies it")
    if target.missing:
        return _create(target, [item], created=1)
    if target.previous is None:
        expected = put(target.document.value, target.path, [item])
        return target.edited(_replace(target, [item]), expected, filled=True)
    return _insert_item(target, len(_items(target)), item)


def _insert_item(target: EditTarget, index: int, item: Value) -> EditedFile:
    target.refuse_aliases()
    items = _items(target)
    if not 0 <= index <= len(items):
        raise target.refusal("no-such-item", f"the list has {len(items)} items")
    expected = put(target.document.value, target.path, [*items[:index], item, *items[index:]])
    notation = style.around(target.text, target.nodes, item)
    splices = _unfold(target, [item], item)
    if splices is None and target.node.flow:
        splices = flow.insert_item(target.text, target.node, index, item, notation)
    elif splices is None:
        below_key = target.parent is not None and target.parent.kind == "mapping"
        splices = block.insert_item(target.text, target.node, index, item, notation, below_key=below_key)
    return target.edited(splices, expected)


def _remove_value(target: EditTarget, edit: RemoveValue) -> EditedFile:
    if target.missing:
        if target.value is not ABSENT:
            raise target.refusal("merge-key", "a merge key supplies it")
        return target.unchanged()
    target.refuse_aliases()
    depth, parents = len(edit.path), edit.parents
    while parents and depth > 1 and target.nodes[depth - 1].size == 1:
        depth, parents = depth - 1, parents - 1
    if depth == 0:
        raise target.refusal("not-a-mapping", "a whole document cannot be removed")
    parent, step = target.nodes[depth - 1], edit.path[depth - 1]
    becomes_null = edit.leave_null and parent.size == 1
    remainder = None if becomes_null else plain(parent.without(step))
    expected = put(target.document.value, edit.path[: depth - 1], remainder)
    return target.edited(_take_out(target, depth, leave_null=edit.leave_null), expected)


def _items(target: EditTarget) -> list[Any]:
    if target.missing or not isinstance(target.value, list):
        raise target.refusal("not-a-list", "it is not a list")
    return target.value


def _replace(target: EditTarget, value: Value) -> list[Splice]:
    """Return the splices that put a value in the position of the scalar at the path."""
    if target.node.kind != "scalar":
        raise target.refusal("not-a-scalar", f"it is a {target.node.kind}")
    if target.node.style in ("|", ">"):
        raise target.refusal("block-scalar", "it is a block of text")
    notation = style.around(target.text, target.nodes[:-1], value)
    return splice.replace(target.text, target.node, target.parent, value, notation)


def _create(target: EditTarget, value: Value, *, created: int = 0) -> EditedFile:
    """Return the file with the missing steps of the path created, and the value at their end."""
    if not all(isinstance(step, str) for step in target.missing):
        raise target.refusal("no-such-item", "the list has no item of this index")
    first, *inner = map(str, target.missing)
    if inner and at(plain(target.node), (first,)) is not ABSENT:
        raise target.refusal("merge-key", f"a merge key supplies {first}")
    nested: Any = value
    for step in reversed(inner):
        nested = {step: nested}
    filled = target.node.kind == "scalar"
    splices = _replace(target, {first: nested}) if filled else _insert_entry(target, first, nested)
    expected = put(target.document.value, target.path, value)
    return target.edited(splices, expected, created=created + len(inner), filled=filled)


def _insert_entry(target: EditTarget, key: str, value: Value) -> list[Splice]:
    notation = style.around(target.text, target.nodes, value)
    if (unfolded := _unfold(target, {key: value}, value)) is not None:
        return unfolded
    if target.node.flow:
        return flow.insert_entry(target.text, target.node, key, value, notation)
    return block.insert_entry(target.text, target.node, key, value, notation, below_key=target.parent is not None)


def _take_out(target: EditTarget, depth: int, *, leave_null: bool) -> list[Splice]:
    """Return the splices that remove the value that the first `depth` steps of the path lead to."""
    parent = target.nodes[depth - 1]
    index = parent.index_of(target.path[depth - 1]) or 0
    if parent.flow and leave_null and parent.size == 1:
        return [Splice(parent.content(target.text), parent.end, "null")]
    if parent.flow:
        return flow.remove(target.text, parent, index)
    opening = None
    if depth > 1:
        above = target.nodes[depth - 2]
        opening = block.opening(target.text, parent, above, above.index_of(target.path[depth - 2]) or 0)
    return block.remove(target.text, parent, index, opening, leave_null=leave_null)


def _unfold(target: EditTarget, whole: Value, part: Value) -> list[Splice] | None:
    """Return the splices that write a block in the position of `{}` or `[]` behind a key; None where a flow is right.

    A flow is hard to read only if `part`, which goes into it, is a mapping or a list.
    """
    node, parent = target.node, target.parent
    if node.size or not node.flow or parent is None or parent.flow or parent.kind != "mapping":
        return None
    if target.text[node.start - 2 : node.end] not in (": {}", ": []") or not isinstance(part, dict | list):
        return None
    notation = style.around(target.text, target.nodes[:-1], whole)
    empty = Splice(node.start - 1, node.end, "")
    return [empty, *splice.fill(target.text, node.end, parent, whole, notation)]
