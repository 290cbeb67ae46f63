"""Rendered objects by their key: how they are named for a person, and how two renderings differ.

Does not render, and does not judge a difference.
"""

import difflib
import json
from collections.abc import Mapping
from typing import Any

import yaml

ObjectKey = tuple[str, str, str, str]  # API group, kind, namespace, name
Objects = Mapping[ObjectKey, Mapping[str, Any]]

_CONTEXT = 2  # lines around a difference
_DIFF_LIMIT = 200  # lines of the difference of one object


def key_of(content: Mapping[str, Any]) -> ObjectKey:
    """Return the key of an object; what it does not say is empty."""
    meta = content.get("metadata") or {}
    group = str(content.get("apiVersion", "")).rpartition("/")[0]
    return group, str(content.get("kind")), str(meta.get("namespace") or ""), str(meta.get("name"))


def label(key: ObjectKey) -> str:
    """Return the name of an object for a person."""
    _, kind, namespace, name = key
    return f"{kind} {namespace or '-'}/{name}"


def differing_keys(objects_before: Objects, objects_after: Objects) -> list[ObjectKey]:
    """Return the keys of the objects that are not the same in both renderings, in order."""
    return sorted(
        key for key in objects_before.keys() | objects_after.keys() if objects_before.get(key) != objects_after.get(key)
    )


def diff(title: str, content_before: Mapping[str, Any] | None, content_after: Mapping[str, Any] | None) -> str:
    """Return the unified diff of one object as YAML, cut after 200 lines. None stands for an object that is absent."""
    lines = list(
        difflib.unified_diff(_lines(content_before), _lines(content_after), title, title, lineterm="", n=_CONTEXT)
    )
    return "\n".join([*lines[:_DIFF_LIMIT], *(["…"] if len(lines) > _DIFF_LIMIT else [])])


def _lines(content: Mapping[str, Any] | None) -> list[str]:
    plain = json.loads(json.dumps(content))  # the dumper takes no subclass of dict
    return yaml.safe_dump(plain, sort_keys=False).splitlines() if content else []
