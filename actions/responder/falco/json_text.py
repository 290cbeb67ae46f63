"""Decodes JSON that a person or a program sent: strictly, and with a message that says where it is wrong.

What JSON allows and Python does not read costs nothing but itself: a number that is too large or too long, and arrays
and objects inside each other beyond a depth, become text.
"""

import json
import math
import re
from typing import NoReturn

from ..errors import BadEvent
from ..escape import one_line

_DEEPEST = 64  # arrays and objects inside each other; Falco's events have five
_LONGEST_NUMBER = (
    4000  # digits; Python refuses 4,300, https://docs.python.org/3/library/stdtypes.html#int-max-str-digits
)
_TOO_DEEP = '"nested too deeply"'
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)


def decode(text: str) -> object:
    """Return the value of a JSON text. Raises BadEvent."""
    try:
        return json.loads(_flatten(text), parse_constant=_refuse, parse_int=_integer, parse_float=_float)
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


def decode_run_event(data: bytes) -> object:
    """Return the value of the JSON that a runner wrote; a part that JSON does not allow, such as NaN, becomes text.

    Raises ValueError.
    """
    text = data.decode(errors="replace")
    return json.loads(_flatten(text), parse_constant=str, parse_int=_integer, parse_float=_float)


def _flatten(text: str) -> str:
    """Return the text with a note instead of each array and object that is nested too deeply."""
    parts, depth, start, end = [], 0, 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == _DEEPEST + 1:
                start = token.start()
        elif token[0] in "]}":
            if depth == _DEEPEST + 1:
                parts += [text[end:start], _TOO_DEEP]
                end = token.end()
            depth = max(0, depth - 1)
    return "".join([*parts, text[end:]])


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
