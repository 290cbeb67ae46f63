"""Splits a value or a pasted text into single documents. `cloudevent` decides whether a document is an event."""

from ..errors import BadEvent, BadInput
from .json_text import decode

LIMIT = 1024 * 1024  # characters of a text; a dispatch carries at most 65,535


def documents(value: object) -> list[object]:
    """Return the documents in a JSON value or text; a text can also hold one JSON object on each line.

    Documents are not checked: what is not JSON is returned as text. Raises BadInput if the text is too long.
    """
    if not isinstance(value, str):
        return _as_list(value) if value else []
    if len(value) > LIMIT:
        raise BadInput(f"the event is a text of {len(value):,} characters; the limit is {LIMIT:,}")
    text = value.strip("\ufeff \t\r\n")
    if not text:
        return []
    try:
        return _as_list(decode(text))
    except BadEvent:
        lines = [line for line in text.split("\n") if line.strip()]
        return [*lines] if any(map(_is_object, lines)) else [text]


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _is_object(line: str) -> bool:
    try:
        return isinstance(decode(line), dict)
    except BadEvent:
        return False
