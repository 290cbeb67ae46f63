"""What a rule can ask of one value of an event. Pure; knows neither files nor events.

A value is what JSON has; a list of values fulfils what any of its items does. Nothing that an attacker leaves out is
ever fulfilled: every condition but `Exists(False)` is false for None, negations too.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .linear_regex import Regex


@dataclass(frozen=True)
class Is:
    """Equality: of numbers as numbers, else of texts. `text` is how the value was written in the rules."""

    value: object
    text: str

    def holds(self, found: Any) -> bool:
        return any(self._equals(one) for one in _items(found))

    def _equals(self, found: object) -> bool:
        if _is_number(self.value) and _is_number(found):
            return self.value == found
        return self.text == _text(found)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Glob:
    """The whole text, in which `*` stands for any characters and `?` for one; all others mean themselves."""

    pattern: str

    def holds(self, found: Any) -> bool:
        return any(matches_glob(_text(one), self.pattern) for one in _items(found))

    def __str__(self) -> str:
        return f"glob {self.pattern}"


@dataclass(frozen=True)
class Matches:
    """The whole text, by a regular expression."""

    regex: Regex

    def holds(self, found: Any) -> bool:
        return any(self.regex.fullmatch(_text(one)) for one in _items(found))

    def __str__(self) -> str:
        return f"regex {self.regex.pattern}"


@dataclass(frozen=True)
class Exists:
    """Whether Falco had a value at all."""

    wanted: bool

    def holds(self, found: Any) -> bool:
        return (found is not None) is self.wanted

    def __str__(self) -> str:
        return "any value" if self.wanted else "no value"


@dataclass(frozen=True)
class Not:
    """A value, but not such a one."""

    condition: "Condition"

    def holds(self, found: Any) -> bool:
        return found is not None and not self.condition.holds(found)

    def __str__(self) -> str:
        return f"not {self.condition}"


@dataclass(frozen=True)
class OneOf:
    """At least one of them."""

    conditions: tuple["Condition", ...]

    def holds(self, found: Any) -> bool:
        return any(condition.holds(found) for condition in self.conditions)

    def __str__(self) -> str:
        return " or ".join(map(str, self.conditions))


@dataclass(frozen=True)
class AllOf:
    """Every one of them."""

    conditions: tuple["Condition", ...]

    def holds(self, found: Any) -> bool:
        return all(condition.holds(found) for condition in self.conditions)

    def __str__(self) -> str:
        return " and ".join(map(str, self.conditions))


Condition = Is | Glob | Matches | Exists | Not | OneOf | AllOf


def read(value: Any) -> Condition:
    """The condition that a value of the rules stands for; it is as schema/rules.json describes it."""
    if isinstance(value, list):
        return OneOf(tuple(map(read, value)))
    if not isinstance(value, dict):
        return Is(value, getattr(value, "text", None) or _text(value))
    parts = [_READERS[key](found) for key, found in value.items()]
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _one_of(make: Callable[[str], Condition], found: str | list[str]) -> Condition:
    return OneOf(tuple(map(make, found))) if isinstance(found, list) else make(found)


_READERS: Mapping[str, Callable[[Any], Condition]] = {
    "glob": lambda found: _one_of(Glob, found),
    "regex": lambda found: _one_of(lambda pattern: Matches(Regex(pattern)), found),
    "exists": Exists,
    "not": lambda found: Not(read(found)),
}


def matches_glob(text: str, glob: str) -> bool:
    """Whether a glob fits the whole text: `*` for any characters, `?` for one, nothing else is special."""
    return fnmatchcase(text, glob.replace("[", "[[]"))


def _items(found: Any) -> Sequence[Any]:
    """The values in a list, else the value alone; none where there is none."""
    items = found if isinstance(found, list) else [found]
    return [item for item in items if item is not None]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
