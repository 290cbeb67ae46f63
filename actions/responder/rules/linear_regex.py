"""Regular expressions that take time linear in the text, because an attacker writes the text.

`re` backtracks: a simple pattern (`.*a.*a.*b`) can take minutes on a hostile text, and a limit on time or length would
be a way to avoid the rule. So a pattern becomes an automaton that reads the text once and is in several states at the
same time. The syntax is that of `re`, which also decides about single characters, without what an automaton cannot do
(back references, look-around, atomic and possessive matching). The package re2 could do this too. But the action
installs its packages on every run, and a package without a wheel for the runner's Python would stop every response.
"""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

_MAX_STEPS = 1000  # of an automaton; a counted repetition needs one step for each count
_CACHE_SIZE = 4096
_REPEAT = re.compile(r"(?:(?P<sign>[*+?])|\{(?!\})(?P<low>\d*)(?P<comma>,?)(?P<high>\d*)\})(?P<suffix>[?+]?)")
_GROUP = re.compile(r"\((?:\?:|\?P<\w+>|(?!\?))")
_CHARACTER = re.compile(
    r"\[\^?\]?(?:\\.|[^\]\\])*\] | \\(?:x.{2}|u.{4}|U.{8}|N\{[^}]*\}|0[0-7]{0,2}|[^1-9]) | [^\\]",
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True)
class _Character:
    """Consumes one character if `accepts` accepts it, and continues at the next step."""

    accepts: Callable[[str], object]


@dataclass(frozen=True)
class _Assertion:
    """Consumes nothing; continues at the next step if it holds between two characters (None at an end of the text)."""

    holds: Callable[[str | None, str | None], bool]


@dataclass(frozen=True)
class _Jump:
    """Consumes nothing; continues at all of these steps, counted from this one."""

    offsets: tuple[int, ...]


_Step = _Character | _Assertion | _Jump


class Regex:
    """A pattern that must match a whole text. `.` matches line ends too, `(?i)` at the start ignores case.

    Raises ValueError if `re` does not accept the pattern or if it cannot run in linear time.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        try:
            self._steps = _Parser(pattern).parse()
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        self._next = lru_cache(_CACHE_SIZE)(self._advance)

    def fullmatch(self, text: str) -> bool:
        """Return whether the pattern matches the whole text."""
        states = frozenset([0])
        for previous, current in zip((None, *text), (*text, None), strict=True):
            states = self._next(states, previous, current)
        return bool(states)

    def _advance(self, states: frozenset[int], previous: str | None, current: str | None) -> frozenset[int]:
        """Return the states after `current` is consumed; at the end of the text, where it is None, the final ones."""
        visited, pending, consumed = set(states), list(states), set()
        while pending:
            index = pending.pop()
            if index == len(self._steps):
                consumed |= {index} if current is None else set()
                continue
            step = self._steps[index]
            if isinstance(step, _Character):
                consumed |= {index + 1} if current is not None and step.accepts(current) else set()
                continue
            offsets = step.offsets if isinstance(step, _Jump) else (1,) if step.holds(previous, current) else ()
            new = {index + offset for offset in offsets} - visited
            visited |= new
            pending += new
        return frozenset(consumed)


class _Parser:
    """Turns a pattern into steps. The jumps of a part are relative, so parts can be joined like lists."""

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
        if repeat["suffix"] == "+":
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
        for sign, holds in _ASSERTIONS.items():
            if self._take(sign):
                return [_Assertion(holds)]
        character = _CHARACTER.match(self._pattern, self._at)
        if character is None or character[0] == "(":
            construct = self._pattern[self._at : self._at + 3]
            raise ValueError(f"{construct} at position {self._at} is not supported: it cannot run in linear time")
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
    if steps > _MAX_STEPS:
        raise ValueError(f"too large: patterns and their counted repetitions have room for {_MAX_STEPS} characters")


def _is_word(char: str | None) -> bool:
    return char is not None and re.fullmatch(r"\w", char) is not None


_ASSERTIONS: dict[str, Callable[[str | None, str | None], bool]] = {
    "^": lambda previous, _: previous is None,
    "\\A": lambda previous, _: previous is None,
    "$": lambda _, following: following is None,
    "\\Z": lambda _, following: following is None,
    "\\z": lambda _, following: following is None,  # from Python 3.14; `re` refuses it in older versions
    "\\b": lambda previous, following: _is_word(previous) != _is_word(following),
    "\\B": lambda previous, following: _is_word(previous) == _is_word(following),
}
