"""Decodes JSON that a person or a program sent: strictly, and with a message that says where it is wrong."""

import json
from typing import NoReturn

from ..errors import BadEvent
from ..escape import one_line


def decode(text: str) -> object:
    """Return the value of a JSON text. Raises BadEvent."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        position = f"line {error.lineno}, column {error.colno}"
        start = one_line(text, limit=60)
        raise BadEvent(f"not JSON: {error.msg} at {position}; the text begins with '{start}'") from error
    except (ValueError, RecursionError) as error:
        raise BadEvent(f"not JSON that can be read: {one_line(error, limit=80)}") from error


def decode_start(text: str, start: int) -> tuple[object, int]:
    """Return the JSON value that begins at `start`, and the index after it; `start` itself if there is none."""
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, start


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
