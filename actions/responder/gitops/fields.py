"""Fields of the plain data that a manifest is: read whatever is there, take anything unexpected for missing."""

from collections.abc import Mapping, Sequence
from typing import Any


def mapping(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Return the mapping that `keys` lead to, an empty one if there is none."""
    value: Any = data
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None  # half the time of asking for a Mapping
    return value if isinstance(value, dict) else {}


def text(data: Mapping[str, Any], key: str) -> str:
    """Return the value at `key` as text, empty if it is no string or number."""
    value = data.get(key)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def items(data: Mapping[str, Any], key: str) -> list[Any]:
    """Return the list at `key`, an empty one if there is none."""
    value = data.get(key)
    return value if isinstance(value, list) else []


def find(data: Any, path: Sequence[str | int]) -> Any:
    """Return the value that `path` leads to, None if there is none."""
    for step in path:
        if isinstance(step, str):
            data = data.get(step) if isinstance(data, Mapping) else None
        else:
            data = data[step] if isinstance(data, list) and step < len(data) else None
    return data


def set_in(data: Mapping[str, Any], keys: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return a copy of `data` in which `keys` lead to `value`; create the mappings that are missing."""
    inner = value if len(keys) == 1 else set_in(mapping(data, keys[0]), keys[1:], value)
    return {**data, keys[0]: inner}
