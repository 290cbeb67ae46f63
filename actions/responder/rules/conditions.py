"""Decides whether one value of an event fulfils a condition. It knows neither files nor events.

A value is any JSON value. A list fulfils a condition if one of its items does. An attacker can leave values out, so
every condition except `Exists(False)` is false for None, negations too.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .globs import matches_glob
from .linear_regex import Regex


@dataclass(frozen=True)
class EqualTo:
    """The value equals this one: numbers as numbers, all others as text. `text` is the spelling in the rules file."""

    value: object
    text: str

    def holds(self, actual: Any) -> bool:
        return any(self._equals(item) for item in _items(actual))

    def _equals(self, item: object) -> bool:
        if _is_number(self.value) and _is_number(item):
            return self.value == item
        return self.text == text_of(item)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Glob:
    """The glob matches the whole text of the value."""

    pattern: str

    def holds(self, actual: Any) -> bool:
        return any(matches_glob(text_of(item), self.pattern) for item in _items(actual))

    def __str__(self) -> str:
        return f"glob {self.pattern}"


@dataclass(frozen=True)
class RegexMatch:
    """The regular expression matches the whole text of the value."""

    regex: Regex

    def holds(self, actual: Any) -> bool:
        return any(self.regex.fullmatch(text_of(item)) for item in _items(actual))

    def __str__(self) -> str:
        return f"regex {self.regex.pattern}"


@dataclass(frozen=True)
class Exists:
    """Falco has a value, or has none if `expected` is false."""

    expected: bool

    def holds(self, actual: Any) -> bool:
        return (actual is not None) is self.expected

    def __str__(self) -> str:
        return "any value" if self.expected else "no value"


@dataclass(frozen=True)
class Not:
    """Falco has a value, and it does not fulfil the condition."""

    condition: "Condition"

    def holds(self, actual: Any) -> bool:
        return actual is not None and not self.condition.holds(actual)

    def __str__(self) -> str:
        return f"not {self.condition}"


@dataclass(frozen=True)
class AnyOf:
    """At least one of the conditions holds."""

    conditions: tuple["Condition", ...]

    def holds(self, actual: Any) -> bool:
        return any(condition.holds(actual) for condition in self.conditions)

    def __str__(self) -> str:
        return " or ".join(map(str, self.conditions))


@dataclass(frozen=True)
class AllOf:
    """All conditions hold."""

    conditions: tuple["Condition", ...]

    def holds(self, actual: Any) -> bool:
        return all(condition.holds(actual) for condition in self.conditions)

    def __str__(self) -> str:
        return " and ".join(map(str, self.conditions))


Condition = EqualTo | Glob | RegexMatch | Exists | Not | AnyOf | AllOf


def text_of(value: object) -> str:
    """Return the text that a value is compared as: text as it is, all others as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _items(actual: Any) -> Sequence[Any]:
    """Return the items of a list, or the value as the only item. Items without a value are left out."""
    items = actual if isinstance(actual, list) else [actual]
    return [item for item in items if item is not None]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
