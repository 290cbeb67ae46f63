"""A diff for a page: the lines that change first, the whole diff folded."""

from collections.abc import Iterator

from ..escape import fenced
from .layout import fold

_SHORT = 12  # lines


def markdown(diff: str, *, title: str = "Change") -> str:
    """Return a diff as a part of a page with a title."""
    return f"### {title}\n\n{without_title(diff)}"


def without_title(diff: str) -> str:
    """Return the first lines of a diff that change, and the whole of it folded."""
    lines = list(_changed_lines(diff))
    more = [f" … {len(lines) - _SHORT} more lines"] if len(lines) > _SHORT else []
    short = fenced("\n".join([*lines[:_SHORT], *more]), "diff")
    return f"{short}\n{fold('The whole diff', fenced(diff, 'diff'))}"


def _changed_lines(diff: str) -> Iterator[str]:
    """Yield the lines of a diff that change; the heads of files look like such lines, but stand before the hunks."""
    is_hunk = "\n@@ " not in f"\n{diff}"  # a part of a diff without heads
    for line in diff.splitlines():
        if line.startswith("diff --git "):
            is_hunk = False
        elif line.startswith("@@ "):
            is_hunk = True
        elif is_hunk and line.startswith(("+", "-")):
            yield line
