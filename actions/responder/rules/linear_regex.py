"""Regular expressions that take time linear in the text, because an attacker writes the text.

`re` backtracks: harmless-looking patterns (`.*a.*a.*b`) take minutes on a text made for them, and a limit on time or
length would be a way past the rule. So a pattern becomes an automaton that walks the text once, in all of its states
at the same time. The syntax is that of `re`, which also judges single characters, less what an automaton cannot do
(back references, look-around, atomic and possessive matching). An extra package (re2) would do it too, but the action
installs its packages on every run, and one without a wheel for the runner's Python would stop every response.
"""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

_SIZE = 1000  # steps of an automaton; a counted repetition takes as many as it counts
_CACHE = 4096
_REPEAT = re.compile(r"(?:(?P<sign>[*+?])|\{(?!\})(?P<low>\d*)(?P<comma>,?)(?P<high>\d*)\})(?P<after>[?+]?)")
_GROUP = re.compile(r"\((?:\?:|\?P<\w+>|(?!\?))")
_CHARACTER = re.compile(
    r"\[\^?\]?(?:\\.|[^\]\\])*\] | \\(?:x.{2}|u.{4}|U.{8}|N\{[^}]*\}|0[0-7]{0,2}|[^1-9]) | [^\\]",
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True)
class _Character:
    """One character of the text that `accepts` takes; the next step follows."""

    accepts: Callable[[str], object]


@dataclass(frozen=True)
class _Place:
    """Takes nothing; goes on where the characters before and after (None at an end of the text) are such."""

    holds: Callable[[str | None, str | None], bool]


@dataclass(frozen=True)
class _Jump:
    """Takes nothing; goes on at each of these steps, counted from this one."""

    offsets: tuple[int, ...]


_Step = _Character | _Place | _Jump


class Regex:
    """A pattern that has to match a whole text; `.` takes line ends too, `(?i)` in front ignores case.

    Raises ValueError on a pattern that `re` does not take or that cannot run in linear time.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        try:
            self._steps = _Parser(pattern).parse()
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        self._next = lru_cache(_CACHE)(self._walk)

    def fullmatch(self, text: str) -> bool:
        """Whether the pattern matches all of the text."""
        at = frozenset([0])
        for before, after in zip((None, *text), (*text, None), strict=True):
            at = self._next(at, before, after)
        return bool(at)

    def _walk(self, at: frozenset[int], before: str | None, after: str | None) -> frozenset[int]:
        """The steps to be at once `after` is taken; at the end of the text, where it is None, those that are done."""
        seen, waiting, taken = set(at), list(at), set()
        while waiting:
            here = waiting.pop()
            if here == len(self._steps):
                taken |= {here} if after is None else set()
                continue
            step = self._steps[here]
            if isinstance(step, _Character):
                taken |= {here + 1} if after is not None and step.accepts(after) else set()
                continue
            offsets = step.offsets if isinstance(step, _Jump) else (1,) if step.holds(before, after) else ()
            new = {here + offset for offset in offsets} - seen
            seen |= new
            waiting += new
        return frozenset(taken)


class _Parser:
    """Turns a pattern into steps. A part's jumps are relative, so parts are joined as lists are."""

    def __init__(self, pattern: str) -> None:
        _check(pattern)
        self._flags = re.DOTALL | (re.IGNORECASE if pattern.startswith("(?i)") else 0)
        self._pattern = pattern.removeprefix("(?i)")
        self._at = 0

    def parse(self) -> list[_Step]:
        return self._alternatives()

    def _alternatives(self) -> list[_Step]:
        part = self._sequence()
        while self._take("|"):
            other = self._sequence()
            part = [_Jump((1, len(part) + 2)), *part, _Jump((len(other) + 1,)), *other]
        _check_size(len(part))
        return part

    def _sequence(self) -> list[_Step]:
        part: list[_Step] = [_Jump((1,))]
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            part += self._repeated(self._atom())
        return part

    def _repeated(self, part: list[_Step]) -> list[_Step]:
        repeat = _REPEAT.match(self._pattern, self._at)
        if repeat is None:
            return part
        if repeat["after"] == "+":
            raise ValueError(f"{repeat[0]} at position {self._at} is possessive, which is not supported")
        self._at = repeat.end()
        match repeat["sign"]:
            case "*":
                return _any_number(part)
            case "+":
                return [*part, _Jump((-len(part), 1))]
            case "?":
                return _optional(part)
        low = int(repeat["low"] or 0)
        if not repeat["comma"]:
            return _times(part, low)
        if not repeat["high"]:
            return [*_times(part, low), *_any_number(part)]
        return [*_times(part, low), *_times(_optional(part), int(repeat["high"]) - low)]

    def _atom(self) -> list[_Step]:
        if group := _GROUP.match(self._pattern, self._at):
            self._at = group.end()
            part = self._alternatives()
            self._at += 1
            return part
        for sign, holds in _PLACES.items():
            if self._take(sign):
                return [_Place(holds)]
        character = _CHARACTER.match(self._pattern, self._at)
        if character is None or character[0] == "(":
            found = self._pattern[self._at : self._at + 3]
            raise ValueError(f"{found} at position {self._at} is not supported: it cannot run in linear time")
        self._at = character.end()
        return [_Character(re.compile(character[0], self._flags).fullmatch)]

    def _take(self, text: str) -> bool:
        if self._pattern.startswith(text, self._at):
            self._at += len(text)
            return True
        return False


def _check(pattern: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
    except (re.error, Warning, OverflowError) as error:
        raise ValueError(f"not a regular expression: {error}") from error


def _optional(part: list[_Step]) -> list[_Step]:
    return [_Jump((1, len(part) + 1)), *part]


def _any_number(part: list[_Step]) -> list[_Step]:
    return [_Jump((1, len(part) + 2)), *part, _Jump((-len(part) - 1,))]


def _times(part: list[_Step], times: int) -> list[_Step]:
    _check_size(len(part) * times)
    return part * times


def _check_size(steps: int) -> None:
    if steps > _SIZE:
        raise ValueError(f"too large: patterns and their counted repetitions have room for {_SIZE} characters")


def _is_word(char: str | None) -> bool:
    return char is not None and re.fullmatch(r"\w", char) is not None


_PLACES: dict[str, Callable[[str | None, str | None], bool]] = {
    "^": lambda before, _: before is None,
    "\\A": lambda before, _: before is None,
    "$": lambda _, after: after is None,
    "\\Z": lambda _, after: after is None,
    "\\z": lambda _, after: after is None,  # from Python 3.14; `re` refuses it before
    "\\b": lambda before, after: _is_word(before) != _is_word(after),
    "\\B": lambda before, after: _is_word(before) == _is_word(after),
}
