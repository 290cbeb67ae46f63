"""Artifacts that Flux's source-watcher puts together from parts of a source, as source trees.

https://github.com/fluxcd/source-watcher/blob/main/docs/spec/v1beta1/artifactgenerators.md
"""

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..fields import items, mapping, text
from ..kustomize.object_id import ObjectId
from ..kustomize.resource import Declared

GROUP = "source.extensions.fluxcd.io"
_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One copy operation: files of the source `alias` that `pattern` takes go to `to` in the artifact."""

    alias: str
    pattern: str
    to: str
    exclude: tuple[str, ...] = ()
    strategy: str = ""


def is_generator(id_: ObjectId) -> bool:
    """Whether an object is an ArtifactGenerator."""
    return id_.group == GROUP and id_.kind == "ArtifactGenerator"


def sources(generator: Declared) -> dict[str, tuple[str, str]]:
    """Kind and name of the sources that the generator copies from, by alias."""
    listed = items(mapping(generator.data, "spec"), "sources")
    return {
        text(each, "alias"): (text(each, "kind"), text(each, "name")) for each in listed if isinstance(each, Mapping)
    }


def copies(generator: Declared, name: str, paths: Iterable[str]) -> list[Copy] | None:
    """The copy operations that make the artifact `name` of a source with these `paths`, None if none do."""
    spec = mapping(generator.data, "spec")
    captured = _captured(text(spec, "pathPattern").partition("/")[2], paths) if spec.get("pathPattern") else [{}]
    for each in items(spec, "artifacts"):
        for values in captured:
            if isinstance(each, Mapping) and _fill(text(each, "name"), values).lower() == name:
                return [_copy(copy, values) for copy in items(each, "copy") if isinstance(copy, Mapping)]
    return None


def assemble(operations: Sequence[Copy], aliases: Iterable[str], paths: Iterable[str]) -> dict[str, str] | None:
    """The files of an artifact, by their path in it, each a path of the checkout, of which `aliases` are names.

    None if something in it cannot be told from the checkout: another source, merged or extracted files.
    """
    known, files = set(aliases), dict[str, str]()
    listed = list(paths)
    for copy in operations:
        if copy.alias not in known or copy.strategy not in ("", "Overwrite"):
            return None
        for path in listed:
            name = _name(path, copy)
            if name is not None and not any(_excludes(pattern, path, copy) for pattern in copy.exclude):
                files[posixpath.normpath(name)] = path
    return files


def _name(path: str, copy: Copy) -> str | None:
    """The name that a copy operation gives to a path, None if it does not take it.

    https://github.com/fluxcd/source-watcher/blob/main/internal/builder/builder.go
    """
    folder = copy.pattern.removesuffix("**")
    if folder != copy.pattern and not _GLOB.search(folder):
        return posixpath.join(copy.to, path.removeprefix(folder)) if path.startswith(folder) else None
    if _GLOB.search(copy.pattern):
        taken = fnmatch.fnmatchcase if copy.pattern.endswith("**") else _matches
        return posixpath.join(copy.to, path) if taken(path, copy.pattern) else None
    source = posixpath.normpath(copy.pattern or ".")
    if path == source:
        return posixpath.join(copy.to, posixpath.basename(path)) if copy.to.endswith("/") or not copy.to else copy.to
    inside = path if source == "." else path.removeprefix(source + "/")
    if inside == path and source != ".":
        return None
    return posixpath.join(copy.to, posixpath.basename(source), inside)


def _matches(path: str, pattern: str) -> bool:
    """Whether a pattern takes a path or a folder around it, folder by folder."""
    parts, wanted = path.split("/"), pattern.rstrip("/").split("/")
    return len(parts) >= len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def _excludes(pattern: str, path: str, copy: Copy) -> bool:
    """Whether an `exclude` pattern means a path: from the root, from where the copied part begins, or by file name."""
    root = _GLOB.split(copy.pattern)[0].rpartition("/")[0]
    names = {path, path.removeprefix(f"{root}/"), *([] if "/" in pattern else [posixpath.basename(path)])}
    body = "".join(
        {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
        for part in re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    )
    return any(re.fullmatch(body, name) for name in names)


def _captured(pattern: str, paths: Iterable[str]) -> list[dict[str, str]]:
    """What the `{names}` of a path pattern stand for, in each folder that it matches."""
    body = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(pattern.rstrip("/")))
    found = (re.match(f"{body}/", path) for path in paths)
    return list({match[0]: match.groupdict() for match in found if match}.values())


def _copy(copy: Mapping[str, Any], values: Mapping[str, str]) -> Copy:
    alias, _, pattern = _fill(text(copy, "from"), values).removeprefix("@").partition("/")
    to = _fill(text(copy, "to"), values).removeprefix("@artifact/")
    exclude = tuple(map(str, items(copy, "exclude")))
    return Copy(alias=alias, pattern=pattern, to=to, exclude=exclude, strategy=text(copy, "strategy"))


def _fill(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", value)
    return template
