"""Artifacts that Flux's source-watcher puts together from parts of a source, as source trees.

https://github.com/fluxcd/source-watcher/blob/main/docs/spec/v1beta1/artifactgenerators.md
"""

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...rules.linear_regex import Regex
from ..fields import items, mapping, text
from ..kustomize.resource import ObjectId, Resource

GROUP = "source.extensions.fluxcd.io"
_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True, kw_only=True)
class CopyOperation:
    """One copy operation: files of the source `alias` that match `pattern` go to `to` in the artifact."""

    alias: str
    pattern: str
    to: str
    exclude: tuple[str, ...] = ()
    strategy: str = ""


def is_generator(object_id: ObjectId) -> bool:
    """Return whether an object is an ArtifactGenerator."""
    return object_id.group == GROUP and object_id.kind == "ArtifactGenerator"


def sources(generator: Resource) -> dict[str, tuple[str, str]]:
    """Return kind and name of the sources that the generator copies from, by alias."""
    references = items(mapping(generator.data, "spec"), "sources")
    return {
        text(reference, "alias"): (text(reference, "kind"), text(reference, "name"))
        for reference in references
        if isinstance(reference, Mapping)
    }


def operations(generator: Resource, name: str, paths: Iterable[str]) -> list[CopyOperation] | None:
    """Return the copy operations that make the artifact `name` of a source with these `paths`, None if none do."""
    spec = mapping(generator.data, "spec")
    captures = _captures(text(spec, "pathPattern").partition("/")[2], paths) if spec.get("pathPattern") else [{}]
    for artifact in items(spec, "artifacts"):
        for values in captures:
            if isinstance(artifact, Mapping) and _fill(text(artifact, "name"), values).lower() == name:
                return [_operation(entry, values) for entry in items(artifact, "copy") if isinstance(entry, Mapping)]
    return None


def assemble(
    copy_operations: Sequence[CopyOperation], aliases: Iterable[str], paths: Iterable[str]
) -> dict[str, str] | None:
    """Return the files of an artifact: their path in the checkout by their path in the artifact.

    `aliases` are those of the checkout. Return None if the checkout alone does not tell: another source, merged or
    extracted files.
    """
    own_aliases, files = set(aliases), dict[str, str]()
    all_paths = list(paths)
    for operation in copy_operations:
        if operation.alias not in own_aliases or operation.strategy not in ("", "Overwrite"):
            return None
        for path in all_paths:
            name = _name(path, operation)
            if name is not None and not any(_excludes(pattern, path, operation) for pattern in operation.exclude):
                files[posixpath.normpath(name)] = path
    return files


def _name(path: str, operation: CopyOperation) -> str | None:
    """Return the path in the artifact that a copy operation gives to a file, None if it does not copy the file.

    https://github.com/fluxcd/source-watcher/blob/main/internal/builder/builder.go
    """
    pattern, to = operation.pattern, operation.to
    folder = pattern.removesuffix("**")
    if folder != pattern and not _GLOB.search(folder):
        return posixpath.join(to, path.removeprefix(folder)) if path.startswith(folder) else None
    if _GLOB.search(pattern):
        matches = fnmatch.fnmatchcase if pattern.endswith("**") else _matches
        return posixpath.join(to, path) if matches(path, pattern) else None
    source = posixpath.normpath(pattern or ".")
    if path == source:
        return posixpath.join(to, posixpath.basename(path)) if to.endswith("/") or not to else to
    inside = path if source == "." else path.removeprefix(source + "/")
    if inside == path and source != ".":
        return None
    return posixpath.join(to, posixpath.basename(source), inside)


def _matches(path: str, pattern: str) -> bool:
    """Return whether a pattern matches a path or a folder around it, folder by folder."""
    parts, patterns = path.split("/"), pattern.rstrip("/").split("/")
    return len(parts) >= len(patterns) and all(map(fnmatch.fnmatchcase, parts, patterns))


def _excludes(pattern: str, path: str, operation: CopyOperation) -> bool:
    """Return whether an `exclude` pattern matches a path: from the root, from the copied folder, or by file name."""
    root = _GLOB.split(operation.pattern)[0].rpartition("/")[0]
    names = {path, path.removeprefix(f"{root}/"), *([] if "/" in pattern else [posixpath.basename(path)])}
    body = "".join(
        {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
        for part in re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    )
    regex = _regex(body)
    return regex is not None and any(map(regex.fullmatch, names))


@lru_cache(maxsize=1000)
def _regex(body: str) -> Regex | None:
    """Return a regular expression, None for one that is longer than any path."""
    try:
        return Regex(body)
    except ValueError:
        return None


def _captures(pattern: str, paths: Iterable[str]) -> list[dict[str, str]]:
    """Return the values of the `{names}` of a path pattern, for each folder that it matches."""
    body = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(pattern.rstrip("/")))
    matches = (re.match(f"{body}/", path) for path in paths)
    return list({match[0]: match.groupdict() for match in matches if match}.values())


def _operation(entry: Mapping[str, Any], values: Mapping[str, str]) -> CopyOperation:
    alias, _, pattern = _fill(text(entry, "from"), values).removeprefix("@").partition("/")
    to = _fill(text(entry, "to"), values).removeprefix("@artifact/")
    exclude = tuple(map(str, items(entry, "exclude")))
    return CopyOperation(alias=alias, pattern=pattern, to=to, exclude=exclude, strategy=text(entry, "strategy"))


def _fill(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", value)
    return template
