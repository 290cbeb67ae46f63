"""Puts the parts of a page together within a limit: whole parts, the important ones first.

A part that does not fit is left out, never cut, so that nothing in it is left open.
"""

from collections.abc import Iterable, Sequence

SUMMARY_LIMIT = 1_000_000  # bytes; GitHub takes 1 MiB for a step
_TABLE_LIMIT = 400_000  # bytes of one table, so that others have room
_NOTE_ROOM = 200  # bytes


def join(parts: Iterable[str], *, limit: int = SUMMARY_LIMIT) -> str:
    """Return the parts as paragraphs of one page of at most `limit` bytes; those that do not fit are counted."""
    page: list[str] = []
    room, omitted = limit - _NOTE_ROOM, 0
    for part in filter(None, parts):
        size = _size(part.rstrip()) + len("\n\n")
        if size > room:
            omitted += 1
            continue
        page.append(part.rstrip())
        room -= size
    note = [f"Left out, because GitHub takes no longer page: {omitted} parts."] if omitted else []
    return "\n\n".join([*page, *note]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, limit: int = _TABLE_LIMIT) -> str:
    """Return a table of cells in Markdown, of at most `limit` bytes; rows that do not fit are counted."""
    lines = [_line(head), _line(["---"] * len(head))]
    room, omitted = limit, 0
    for line in map(_line, rows):
        size = _size(line) + len("\n")
        if size > room:
            omitted += 1
            continue
        lines.append(line)
        room -= size
    note = f"\n\n{omitted} more rows are left out." if omitted else ""
    return "\n".join(lines) + note


def alert(kind: str, *paragraphs: str) -> str:
    """Return one of GitHub's alerts: NOTE, TIP, IMPORTANT, WARNING or CAUTION.

    https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#alerts
    """
    text = "\n\n".join(filter(None, paragraphs))
    return "\n".join([f"> [!{kind}]", *(f"> {line}".rstrip() for line in text.splitlines())])


def fold(title: str, content: str) -> str:
    """Return content that a click unfolds. The title is HTML: Markdown means nothing in it."""
    return f"<details><summary>{title}</summary>\n\n{content.rstrip()}\n\n</details>"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _size(text: str) -> int:
    return len(text.encode(errors="backslashreplace"))
