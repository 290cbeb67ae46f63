"""JSON pointers, and the paths that they mean in a value. https://www.rfc-editor.org/rfc/rfc6901

Decides what a pointer may look like, for the RFC and for Kustomize, which takes more; not what is done at its path.
"""

import re
from enum import Enum
from typing import Any

from .values import Value, YamlPath, at

_INDEX = re.compile(r"0|[1-9][0-9]*")
_GO_NUMBER = re.compile(r"[-+]?[0-9]+")
_MAX_DIGITS = 18  # no list has an index of more; Python refuses to read some thousand digits
_BAD_ESCAPE = re.compile(r"~(?![01])")


class Dialect(Enum):
    """Who applies a patch: a program that follows the RFC, or Kustomize, which counts from the end of a list too.

    https://pkg.go.dev/gopkg.in/evanphx/json-patch.v4; tests hold it to what `kustomize build` does.
    """

    RFC_6902 = "rfc"
    KUSTOMIZE = "kustomize"


class BadPointer(Exception):
    """A pointer that means nothing in a value; the message says why, without the pointer."""


def split(pointer: str) -> tuple[str, ...]:
    """Return the steps of a pointer as text."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def resolve(value: Value, pointer: str, dialect: Dialect = Dialect.RFC_6902, *, grows: bool = False) -> YamlPath:
    """Return the path that a pointer means in a value; all but its last step has to exist.

    Indexes become numbers; with `grows`, `-` and the number of items mean the end of a list. Raise BadPointer.
    """
    if dialect is Dialect.RFC_6902 and ((pointer and not pointer.startswith("/")) or _BAD_ESCAPE.search(pointer)):
        raise BadPointer("it is no JSON pointer")
    path: YamlPath = ()
    steps = split(pointer)
    for depth, step in enumerate(steps, start=1):
        parent = at(value, path)
        if isinstance(parent, list):
            path = (*path, _index(parent, step, dialect, grows=grows and depth == len(steps)))
        elif isinstance(parent, dict):
            path = (*path, step)
        else:
            raise BadPointer("the way there does not exist")
    return path


def _index(items: list[Any], step: str, dialect: Dialect, *, grows: bool) -> int:
    count = len(items) + grows
    if step == "-" and grows:
        return len(items)
    pattern = _INDEX if dialect is Dialect.RFC_6902 else _GO_NUMBER
    if not pattern.fullmatch(step):
        raise BadPointer(f"{step} is no index of a list")
    index = int(step) if len(step) <= _MAX_DIGITS else count
    index += count if index < 0 else 0
    if not 0 <= index < count:
        raise BadPointer(f"the list has {len(items)} items")
    return index
