"""Where the lines of YAML text begin and end.

The parser also takes NEL, LS and PS for the end of a line, as YAML 1.1 does; editors, Git and its hosts do not.
`skip` and `start` follow the parser, the other functions follow what people see.
"""

import re
from collections.abc import Iterable

BREAKS = "\r\n\x85\u2028\u2029"
_SPACE = re.compile(rf"(?:[ \t{BREAKS}]+|#[^{BREAKS}]*)*")
_END = re.compile("\r\n|\n|\r")


def skip(text: str, offset: int) -> int:
    """Return the first offset from this one on that is neither space nor comment."""
    match = _SPACE.match(text, offset)
    return match.end() if match else offset


def number(text: str, offset: int) -> int:
    """Return the number of the line that an offset is on, counted from 1 as people count."""
    return len(_END.findall(text, 0, offset)) + 1


def start(text: str, offset: int) -> int:
    """Return where the line that an offset is on begins for the parser."""
    return max(text.rfind(line_break, 0, offset) for line_break in BREAKS) + 1


def end(text: str, offset: int) -> int:
    """Return where the line that an offset is on ends, its line end not included."""
    match = _END.search(text, offset)
    return match.start() if match else len(text)


def ending(text: str, offset: int) -> str:
    """Return what ends the line at this offset, which is its end; for a last line without one, what ends the first."""
    match = _END.match(text, offset) or _END.search(text)
    return match[0] if match else "\n"


def ending_before(text: str, offset: int) -> str:
    """Return what ends the line before the one that begins at an offset; nothing if that is the first line."""
    return "\r\n" if text.endswith("\r\n", 0, offset) else text[max(offset - 1, 0) : offset]


def whole(text: str, first: int, last: int) -> tuple[int, int]:
    """Return the span of the lines from one offset to another, with one line end: the one before if none follows."""
    begin, match = start(text, first), _END.search(text, last)
    return (begin, match.end()) if match else (begin - len(ending_before(text, begin)), len(text))


def below(lines: Iterable[str], ending: str, indent: int) -> str:
    """Return lines that go below the end of another: each indented, each behind a line end."""
    return "".join(ending + (" " * indent + line if line else "") for line in lines)


def above(lines: Iterable[str], ending: str, indent: int) -> str:
    """Return lines that go above the start of another: each indented, each with a line end behind it."""
    return "".join((" " * indent + line if line else "") + ending for line in lines)
