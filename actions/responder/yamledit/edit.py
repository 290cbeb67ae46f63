"""The kinds of edit of one YAML document, and the file that comes of one.

Decides nothing about text: `editor` applies an edit to the bytes of a file.
"""

from dataclasses import dataclass

from .values import Absent, Value, YamlPath


@dataclass(frozen=True, kw_only=True, slots=True)
class SetValue:
    """Set the value at `path`; the mappings on the way are created where they are missing."""

    path: YamlPath
    value: Value


@dataclass(frozen=True, kw_only=True, slots=True)
class AppendItem:
    """Append an item to the list at `path` unless the list has an equal one; the list is created if it is missing."""

    path: YamlPath
    value: Value


@dataclass(frozen=True, kw_only=True, slots=True)
class InsertItem:
    """Insert an item into the list at `path`, before the item that has this index or at the end of the list."""

    path: YamlPath
    index: int
    value: Value


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveValue:
    """Remove the entry or item at `path`, if it exists, and up to `parents` of its parents that hold nothing else.

    What is left empty becomes `{}` or `[]`, with `leave_null` an empty value.
    """

    path: YamlPath
    parents: int = 0
    leave_null: bool = False


Edit = SetValue | AppendItem | InsertItem | RemoveValue


@dataclass(frozen=True, kw_only=True)
class EditedFile:
    """The `original` of a file and its `content` after an edit; both are equal if there was nothing to do.

    `line` counts from 1 in `content`. `previous` is the value that was at the path of the edit; ABSENT where the
    document had none of its own (a merge key may have supplied one). `created` is the number of parents that the edit
    created; `filled` says that it put them, or the value, in the position of an empty value. A RemoveValue with these
    two as `parents` and `leave_null` undoes the edit.
    """

    original: bytes
    content: bytes
    line: int
    previous: Value | Absent
    created: int = 0
    filled: bool = False
