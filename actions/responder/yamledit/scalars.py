"""The value of a YAML scalar, by its tag or by its text: what `kustomize build` makes of it, as that is what Flux runs.

Neither YAML 1.1 nor 1.2: `yes`, `on` and `1:30` are text, `017` and `0o17` are 15, `1_000` is 1000.
Numbers are those of JSON, so that `1e3` is 1000. Dates stay as they are written: Kustomize writes them as times, but
not in annotations, where they are. Does not decide what is a plain scalar.
https://github.com/kubernetes-sigs/yaml/blob/master/goyaml.v3/resolve.go
"""

import functools
import re

from .values import MAX_INTEGER, MIN_INTEGER, Value, json_number

_WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NOT_TEXT = frozenset("0123456789+-.")  # how numbers begin
_INTEGER = re.compile(r"([-+]?)(?:0[bB]([01]+)|0[oO]?([0-7]+)|0[xX]([0-9a-fA-F]+)|(0|[1-9][0-9]{0,19}))")
_SIGN_BEHIND_PREFIX = re.compile(r"0(?:b([-+][01]{1,64})|o([-+][0-7]{1,22}))")
_LOOSE_UNDERSCORE = re.compile(r"(?<![0-9])_|_(?![0-9])")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


@functools.lru_cache(maxsize=4096)
def implicit(text: str) -> Value:
    """Return the value of a plain scalar that has no tag."""
    if text in _WORDS:
        return _WORDS[text]
    return _number(text) if text[0] in _NOT_TEXT else text


def tagged(tag: str, text: str) -> Value:
    """Return the value of a scalar with a tag; text if the tag is not one of JSON's types, or does not fit."""
    name = tag.removeprefix("tag:yaml.org,2002:")
    return implicit(text) if name in ("null", "bool", "int", "float") else text


def _number(text: str) -> Value:
    if text[0] == "." and _LOOSE_UNDERSCORE.search(text):
        return text
    plain = text.replace("_", "")
    if (integer := _integer(plain)) is not None:
        return integer
    if not _FLOAT.fullmatch(plain):
        return text
    number = float(plain)
    if number in (float("inf"), float("-inf")):
        return text
    return json_number(number)


def _integer(plain: str) -> int | None:
    """Return an integer of 64 bits, None for anything else."""
    if match := _SIGN_BEHIND_PREFIX.fullmatch(plain):
        return int(match[1], 2) if match[1] else int(match[2], 8)
    match = _INTEGER.fullmatch(plain)
    if match is None:
        return None
    sign, binary, octal, hexadecimal, decimal = match.groups()
    digits, base = next(
        (digits, base)
        for digits, base in zip((binary, octal, hexadecimal, decimal), (2, 8, 16, 10), strict=True)
        if digits
    )
    value = int(sign + digits, base)
    return value if MIN_INTEGER <= value <= (MAX_INTEGER if not sign else MAX_INTEGER // 2) else None
