"""Where lines of YAML text begin and end.

The parser also takes NEL, LS and PS for the end of a line, as YAML 1.1 has it; editors, Git and its hosts do not. What
the parser's eyes are needed for asks for the former, what people see for the latter.
"""

import re

BREAKS = "\r\n\x85\u2028\u2029"
_SPACE = re.compile(rf"(?:[ \t{BREAKS}]+|#[^{BREAKS}]*)*")
_END = re.compile("\r\n|\n|\r")


def skip(text: str, place: int) -> int:
    """The first place from there on that is neither space nor comment."""
    match = _SPACE.match(text, place)
    return match.end() if match else place


def number(text: str, place: int) -> int:
    """The line that a place is on, counted from 1 as people count."""
    return len(_END.findall(text, 0, place)) + 1


def start(text: str, place: int) -> int:
    """Where the line that a place is on begins for the parser."""
    return max(text.rfind(each, 0, place) for each in BREAKS) + 1


def end(text: str, place: int) -> int:
    """Where the line that a place is on ends, its line end not included."""
    match = _END.search(text, place)
    return match.start() if match else len(text)


def ending(text: str, place: int) -> str:
    """What ends the line at this place, which is its end; as the file's first line if it is the last and has none."""
    match = _END.match(text, place) or _END.search(text)
    return match[0] if match else "\n"


def ending_before(text: str, place: int) -> str:
    """What ends the line before the one that begins there; nothing if there is none."""
    return "\r\n" if text.endswith("\r\n", 0, place) else text[max(place - 1, 0) : place]


def whole(text: str, place: int, until: int) -> tuple[int, int]:
    """The span of the lines that two places are on, with one line end: the one before them if they have none."""
    begin, match = start(text, place), _END.search(text, until)
    return (begin, match.end()) if match else (begin - len(ending_before(text, begin)), len(text))


def together(text: list[str], ending: str, indent: int) -> str:
    """Lines indented, each behind a line end."""
    return "".join(ending + (" " * indent + each if each else "") for each in text)
