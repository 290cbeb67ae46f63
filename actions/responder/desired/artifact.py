"""Artifacts that Flux's source-watcher puts together from parts of a source, as views of the checkout.

https://github.com/fluxcd/source-watcher/blob/main/docs/spec/v1beta1/artifactgenerators.md
"""

import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .declared import Declared, Id, items, mapping, text

GROUP = "source.extensions.fluxcd.io"


def is_generator(id_: Id) -> bool:
    """Whether an object is an ArtifactGenerator."""
    return id_.group == GROUP and id_.kind == "ArtifactGenerator"


def sources(generator: Declared) -> dict[str, tuple[str, str]]:
    """Kind and name of the sources that the generator copies from, by alias."""
    listed = items(mapping(generator.data, "spec"), "sources")
    return {
        text(each, "alias"): (text(each, "kind"), text(each, "name")) for each in listed if isinstance(each, Mapping)
    }


def artifacts(generator: Declared) -> dict[str, list[Mapping[str, Any]]]:
    """The copy operations of each artifact by its name; none where it is a template (`pathPattern`)."""
    spec = mapping(generator.data, "spec")
    if spec.get("pathPattern"):
        return {}
    listed = [each for each in items(spec, "artifacts") if isinstance(each, Mapping)]
    return {text(each, "name"): [copy for copy in items(each, "copy") if isinstance(copy, Mapping)] for each in listed}


def assemble(
    copies: Iterable[Mapping[str, Any]], aliases: Iterable[str], paths: Iterable[str]
) -> dict[str, str] | None:
    """The files of an artifact, by their path in it, each a path of the checkout, of which `aliases` are names.

    None if something in it cannot be told from the checkout: another source, merged or extracted files.
    """
    known, files = set(aliases), dict[str, str]()
    listed = list(paths)
    for copy in copies:
        alias, _, pattern = text(copy, "from").removeprefix("@").partition("/")
        if alias not in known or text(copy, "strategy") not in ("", "Overwrite"):
            return None
        to = text(copy, "to").removeprefix("@artifact/")
        excluded = [_glob(str(each)) for each in items(copy, "exclude")]
        for path in listed:
            name = _copied(path, pattern, to)
            if name is not None and not any(each.fullmatch(path) for each in excluded):
                files[posixpath.normpath(name)] = path
    return files


def _copied(path: str, pattern: str, to: str) -> str | None:
    """The name that a copy operation gives to a path, None if it does not take it."""
    if pattern.endswith("/**") or pattern == "**":
        folder = pattern[:-2]
        return posixpath.join(to, path.removeprefix(folder)) if path.startswith(folder) else None
    if "*" in pattern or "?" in pattern:
        base = pattern[: re.search(r"[^/]*[*?\[]", pattern).start()]  # type: ignore[union-attr]  # it has one
        return posixpath.join(to, path.removeprefix(base)) if _glob(pattern).fullmatch(path) else None
    if path == pattern:
        return posixpath.join(to, posixpath.basename(path)) if to.endswith("/") or not to else to
    folder = pattern.rstrip("/") + "/" if pattern else ""
    if not path.startswith(folder):
        return None
    return posixpath.join(to, path.removeprefix(posixpath.dirname(folder.rstrip("/")) + "/").lstrip("/"))


def _glob(pattern: str) -> re.Pattern[str]:
    """A pattern in which `**` stands for any folders; without a slash it is meant for names at any depth."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    meanings = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(meanings.get(part, re.escape(part)) for part in parts)
    return re.compile(body if "/" in pattern else f"(?:.*/)?{body}")
