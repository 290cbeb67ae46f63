"""Splits a value or a pasted text into single documents. `cloudevent` decides whether a document is an event.

A text is one JSON value, several objects, or the log of a pod; `log_lines` knows what the log's programs add to a line.
"""

from ..errors import BadEvent, BadInput
from .json_text import decode, decode_start
from .log_lines import is_startup_line, log_lines, unwrap

LIMIT = 1024 * 1024  # characters of a text; a dispatch carries at most 65,535
_SPACE = "\ufeff \t\r\n"
# Objects over several lines that are looked for in vain: each search can read the whole text.
_SEARCHES = 100


def documents(value: object) -> list[object]:
    """Return the documents in a JSON value or text; a text can also hold several JSON objects, or lines of a log.

    Documents are not checked: what is not JSON is returned as text. Raises BadInput if the text is too long.
    """
    if not isinstance(value, str):
        return _as_list(value) if value else []
    if len(value) > LIMIT:
        raise BadInput(f"the event is a text of {len(value):,} characters; the limit is {LIMIT:,}")
    text = value.strip(_SPACE)
    if not text:
        return []
    try:
        document = decode(text)
    except BadEvent:
        return _in_log(text)
    return _in_log(text) if unwrap(document) is not None else _as_list(document)


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _in_log(text: str) -> list[object]:
    """Return the JSON objects in a log, and what is neither an object nor a line of a program that starts as text.

    Without any object the whole text is one document.
    """
    log = "\n".join(log_lines(text))
    results: list[object] = []
    broken: list[str] = []  # the lines since the last object
    start, searches = 0, _SEARCHES
    while start < len(log):
        if log[start] in f"{_SPACE},":
            start += 1
            continue
        document, stop = decode_start(log, start) if log[start] in "{[" and searches else (None, start)
        if stop > start:
            results += [*_joined(broken), *_as_list(document)]
            broken, start = [], stop
            continue
        end = log.find("\n", start)
        line = log[start : end if end >= 0 else len(log)]
        searches -= bool(searches and line[0] in "{[")
        start += len(line) + 1
        if line[0] == "{":
            results += _joined(broken)
            broken = []
        if broken or not is_startup_line(line):
            broken.append(line)
    results += _joined(broken)
    return results if any(isinstance(result, dict) for result in results) else [text]


def _joined(lines: list[str]) -> list[str]:
    return ["\n".join(lines)] if lines else []
