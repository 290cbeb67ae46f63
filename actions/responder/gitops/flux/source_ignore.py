"""Which files Flux leaves out of a source: what `.sourceignore` files and a source's `spec.ignore` say.

The patterns are those of `.gitignore`, but the last one that matches decides, also below a folder that is left out.
https://fluxcd.io/flux/components/source/gitrepositories/#excluding-files
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import Unsupported
from ...escape import one_line
from ..checkout import Checkout

if TYPE_CHECKING:
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

IGNORE_FILE = ".sourceignore"
_STARS = 3  # in one name: with each further one, a match can take a hundred times as long


@dataclass(frozen=True, kw_only=True)
class IgnoreRules:
    """The text of each ignore file by its folder ("" for the root), and the `spec.ignore` of a source."""

    files: Mapping[str, str]
    spec: str = ""

    @classmethod
    def of(cls, checkout: Checkout) -> "IgnoreRules":
        """Return what the ignore files of a checkout say."""
        paths = (*checkout.other_files, *checkout.links)  # Flux follows a link too
        contents = {path: _read(checkout, path) for path in paths if posixpath.basename(path) == IGNORE_FILE}
        return cls(files={posixpath.dirname(path): data.decode(errors="replace") for path, data in contents.items()})

    def excluded(self, paths: Iterable[str]) -> frozenset[str]:
        """Return those of the paths that the source does not have."""
        patterns = list(self._patterns())[::-1]
        return frozenset(path for path in paths if patterns and _is_excluded(path, patterns))

    def _patterns(self) -> Iterator["_Pattern"]:
        """Yield the patterns in the order in which Flux reads them: a later one overrides an earlier one."""
        folders = sorted(self.files, key=lambda folder: folder.split("/"))
        for folder, text in [*((folder, self.files[folder]) for folder in folders), ("", self.spec)]:
            for line in text.splitlines():
                if line.strip() and not line.startswith("#") and (pattern := _pattern(folder, line)):
                    yield pattern


@dataclass(frozen=True, kw_only=True)
class _Pattern:
    """One line of an ignore file; it speaks of the paths that begin with `prefix`."""

    prefix: str
    pattern: "GitIgnoreSpecPattern"

    def matches(self, path: str) -> bool:
        return path.startswith(self.prefix) and self.pattern.match_file(path[len(self.prefix) :]) is not None


def _read(checkout: Checkout, path: str) -> bytes:
    target = checkout.resolve(".", path)
    return (checkout.read(target) if target else None) or b""


def _pattern(folder: str, line: str) -> _Pattern | None:
    """Return the pattern of a line, None for one that matches nothing because it is no pattern. Raise Unsupported."""
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern  # few repositories need it, and starting is slow

    if any(len(re.findall(r"\*+", name)) > _STARS for name in line.split("/")):
        raise Unsupported(
            f"what Flux gets is not known: the pattern {one_line(line, limit=80)} in .sourceignore or spec.ignore has "
            f"more than {_STARS} `*` in one name, which can take hours to match"
        )
    try:
        pattern = GitIgnoreSpecPattern(line.replace("[!", "[\\!"))  # Go negates a class by `^` alone
    except (ValueError, re.error):
        return None
    return _Pattern(prefix=folder and f"{folder}/", pattern=pattern)


def _is_excluded(path: str, patterns: Iterable[_Pattern]) -> bool:
    """Return what the first pattern says that matches."""
    return next((bool(pattern.pattern.include) for pattern in patterns if pattern.matches(path)), False)
