"""Flux's post-build substitution of `${VARIABLE}`, with the default and case forms of bash.

https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
"""

import re
from collections.abc import Mapping
from typing import Any

from ...yamledit import scalars
from ..fields import mapping

_DISABLED = "kustomize.toolkit.fluxcd.io/substitute"
_VARIABLE = re.compile(r"\$\$\{|\$\{\s*([A-Za-z_][A-Za-z0-9_]*)")
_LEVELS = 10  # of defaults inside each other
_SLICE = re.compile(r":\s*(\d+)(?::\s*(\d+))?")
_CASES = {"^^": str.upper, ",,": str.lower}


def substitute(data: Mapping[str, Any], variables: Mapping[str, str], *, complete: bool) -> Mapping[str, Any]:
    """Return the content of an object with its variables replaced; unless `complete`, unknown ones stay as they are."""
    metadata = mapping(data, "metadata")
    if "disabled" in (mapping(metadata, "labels").get(_DISABLED), mapping(metadata, "annotations").get(_DISABLED)):
        return data
    replaced = _replace(data, variables, complete)
    return replaced if isinstance(replaced, Mapping) else data


def expand(text: str, variables: Mapping[str, str], *, complete: bool, level: int = 0) -> str:
    """Return `text` with its variables replaced. `level` is that of a default inside of others; deep ones stay."""
    if level > _LEVELS:
        return text
    parts, position = [], 0
    while match := _VARIABLE.search(text, position):
        parts.append(text[position : match.start()])
        position = match.end()
        if match[1] is None:
            parts.append("${")
            continue
        end = _closing(text, position)
        if end is None:
            return text
        operator = text[position:end].lstrip() if text[position:end].isspace() else text[position:end]
        position = end + 1
        value = _value(match[1], operator, variables, complete, level)
        parts.append(text[match.start() : position] if value is None else value)
    return "".join([*parts, text[position:]])


def _value(name: str, operator: str, variables: Mapping[str, str], complete: bool, level: int) -> str | None:
    """Return the value of one `${…}`, None if it is not known."""
    variable = variables.get(name)
    if operator.startswith((":-", ":=", "-", "=")) and not variable:
        return expand(operator.lstrip(":")[1:].strip(), variables, complete=complete, level=level + 1)
    if variable is None and not complete:
        return None
    value = variable or ""
    if operator in _CASES:
        return _CASES[operator](value)
    if match := _SLICE.fullmatch(operator):
        start = int(match[1])
        return value[start : start + int(match[2])] if match[2] else value[start:]
    if operator.startswith("//") and operator.count("/") == 3:
        old, new = operator[2:].split("/")
        return value.replace(old, new)
    return value if operator == "" or operator.startswith((":-", ":=", "-", "=")) else None


def _closing(text: str, start: int) -> int | None:
    depth = 1
    for index in range(start, len(text)):
        if text.startswith("${", index):
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    return None


def _replace(value: Any, variables: Mapping[str, str], complete: bool) -> Any:
    if isinstance(value, str):
        if "${" not in value:
            return value
        new = expand(value, variables, complete=complete)
        # Flux writes the object out without quotes before it replaces, so that a number comes out as one.
        return new if "\n" in new or new == value else scalars.implicit(new)
    if isinstance(value, Mapping):
        return {_key(key, variables, complete): _replace(item, variables, complete) for key, item in value.items()}
    if isinstance(value, list):
        return [_replace(item, variables, complete) for item in value]
    return value


def _key(key: str, variables: Mapping[str, str], complete: bool) -> str:
    return expand(key, variables, complete=complete) if "${" in key else key
