"""Replacements: values of one object that a kustomization copies into fields of others, at the end of its build.

Fields in mappings alone are followed; a rendering shows what replacements do to others.
https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/replacements
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import manifests
from ..fields import find, items, mapping, set_in, text
from .resource import ObjectId, Resource
from .selector import Selector

_DOT = re.compile(r"(?<!\\)\.")
_UNFOLLOWED = re.compile(r"[\[*]")  # items of lists
ReadFile = Callable[[str], tuple[str, bytes] | None]  # from a reference to the path and the content of a file
_ID_FIELDS = ("group", "version", "kind", "name", "namespace")


@dataclass(frozen=True, kw_only=True)
class Target:
    """The fields of the objects that a replacement changes; a part of the value if there is a `delimiter`."""

    select: Selector
    reject: tuple[Selector, ...]
    paths: tuple[tuple[str, ...], ...]
    delimiter: str
    index: int
    creates: bool


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """A value and where it goes; `value` is None where it is that of an object."""

    source: Mapping[str, Any]
    value: str | None
    targets: tuple[Target, ...]


def parse(entries: Iterable[Any], read_file: ReadFile) -> tuple[Replacement, ...]:
    """Return the replacements of a kustomization; `read_file` gives the files that hold some of them."""
    return tuple(_replacement(entry) for entry in _written_out(entries, read_file))


def replace_fields(resources: Sequence[Resource], replacements: Iterable[Replacement]) -> list[Resource]:
    """Return the objects of a build after its replacements; one whose value is not known changes nothing."""
    results = list(resources)
    for replacement in replacements:
        value = _value(replacement, results)
        if value is not None:
            for target in replacement.targets:
                results = [_changed(resource, target, value) for resource in results]
    return results


def _written_out(entries: Iterable[Any], read_file: ReadFile) -> Iterator[Mapping[str, Any]]:
    for entry in entries:
        if not isinstance(entry, Mapping):
            continue
        file = read_file(text(entry, "path")) if text(entry, "path") else None
        if file is None:
            yield entry
            continue
        try:
            content = manifests.load(file[1])
        except manifests.Unreadable:
            continue
        yield from (item for item in (content if isinstance(content, list) else [content]) if isinstance(item, Mapping))


def _replacement(entry: Mapping[str, Any]) -> Replacement:
    value = entry.get("sourceValue")
    return Replacement(
        source=mapping(entry, "source"),
        value=value if isinstance(value, str) else None,
        targets=tuple(_target(target) for target in items(entry, "targets") if isinstance(target, Mapping)),
    )


def _target(entry: Mapping[str, Any]) -> Target:
    options = mapping(entry, "options")
    index = options.get("index")
    paths = [str(path) for path in items(entry, "fieldPaths")] or ["metadata.name"]
    return Target(
        select=Selector.parse(mapping(entry, "select")),
        reject=tuple(Selector.parse(reject) for reject in items(entry, "reject") if isinstance(reject, Mapping)),
        paths=tuple(_path(path) for path in paths if not _UNFOLLOWED.search(path)),
        delimiter=text(options, "delimiter"),
        index=index if isinstance(index, int) else 0,
        creates=options.get("create") is True,
    )


def _path(field_path: str) -> tuple[str, ...]:
    return tuple(step.replace("\\.", ".") for step in _DOT.split(field_path))


def _value(replacement: Replacement, resources: Iterable[Resource]) -> Any:
    """Return the value that is copied, None if it is not known."""
    if replacement.value is not None:
        return replacement.value
    source = replacement.source
    field_path = text(source, "fieldPath") or "metadata.name"
    if not source or _UNFOLLOWED.search(field_path):
        return None
    owners = [resource for resource in resources if any(_is(source, object_id) for object_id in resource.ids)]
    value = find(owners[0].data, _path(field_path)) if len(owners) == 1 else None
    options = mapping(source, "options")
    if not text(options, "delimiter") or not isinstance(value, str):
        return value if isinstance(value, str | int | float) else None
    parts, index = value.split(text(options, "delimiter")), options.get("index", 0)
    return parts[index] if isinstance(index, int) and 0 <= index < len(parts) else None


def _is(source: Mapping[str, Any], object_id: ObjectId) -> bool:
    return all(not source.get(name) or text(source, name) == getattr(object_id, name) for name in _ID_FIELDS)


def _changed(resource: Resource, target: Target, value: Any) -> Resource:
    if not target.select.selects(resource) or any(reject.selects(resource) for reject in target.reject):
        return resource
    data: Mapping[str, Any] = resource.data
    for path in target.paths:
        present = find(data, path)
        if isinstance(present, str | int | float) or (present is None and target.creates):
            data = set_in(data, path, _joined(present, target, value))
    return resource if data is resource.data else resource.with_data(data)


def _joined(present: Any, target: Target, value: Any) -> Any:
    """Return the new value of a field: with a delimiter, one part of the present value is replaced, or one is added."""
    if not target.delimiter or not isinstance(present, str):
        return value
    parts = present.split(target.delimiter)
    if target.index < 0:
        parts.insert(0, str(value))
    elif target.index < len(parts):
        parts[target.index] = str(value)
    else:
        parts.append(str(value))
    return target.delimiter.join(parts)
