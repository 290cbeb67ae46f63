"""What a rule can ask of a whole event. Pure; `conditions` judges single values."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..falco.event import Priority
from . import conditions
from .conditions import Condition, matches_glob

_SIGNS: Mapping[str, Callable[[Priority, Priority], bool]] = {
    ">=": operator.ge, ">": operator.gt, "=": operator.eq, "<": operator.lt, "<=": operator.le,
}  # fmt: skip
_PARTS = re.compile(r"([<>=!]*)\s*(.*)", re.DOTALL)


@dataclass(frozen=True)
class Bound:
    """A comparison with a priority, in Falco's order."""

    sign: str
    priority: Priority

    @classmethod
    def parse(cls, text: str) -> "Bound":
        """From text like `>=Notice` or `Notice`. Raises ValueError."""
        sign, word = _PARTS.match(text).groups()  # type: ignore[union-attr]  # the pattern matches every text
        if sign and sign not in _SIGNS:
            raise ValueError(f"`{sign}` is no comparison; it can be {', '.join(_SIGNS)}")
        return cls(sign or "=", Priority.parse(word))

    def holds(self, found: Priority) -> bool:
        return _SIGNS[self.sign](found, self.priority)

    def __str__(self) -> str:
        return f"{self.sign}{self.priority.word}"


@dataclass(frozen=True)
class Patterns:
    """Globs for a name, of which one has to fit; none that begins with `!` may. With only such, all other names do."""

    globs: tuple[str, ...]

    def holds(self, name: str | None) -> bool:
        if name is None:
            return False
        unwanted = [glob[1:] for glob in self.globs if glob.startswith("!")]
        wanted = [glob for glob in self.globs if not glob.startswith("!")]
        return _fits(name, wanted or ["*"]) and not _fits(name, unwanted)

    def __str__(self) -> str:
        return ", ".join(self.globs)


@dataclass(frozen=True)
class Tags:
    """Tags that an event has to have: all of some, any of others, none of yet others."""

    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    def holds(self, found: Sequence[str]) -> bool:
        tags = set(found)
        return tags >= set(self.all) and (not self.any or not tags.isdisjoint(self.any)) and tags.isdisjoint(self.none)

    def __str__(self) -> str:
        parts = {"all of": self.all, "any of": self.any, "none of": self.none}
        return " and ".join(f"{word} {', '.join(tags)}" for word, tags in parts.items() if tags)


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """What an event has to be, where given; at least one thing is."""

    rules: Patterns | None = None
    priority: tuple[Bound, ...] = ()
    source: tuple[str, ...] = ()
    tags: Tags | None = None
    namespaces: Patterns | None = None
    clusters: Patterns | None = None
    output_fields: Mapping[str, Condition] = field(default_factory=dict)

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> "Criteria":
        """From a `match` of the rules, which is as schema/rules.json describes it."""
        fields = value.get("output_fields", {})
        return cls(
            rules=_patterns(value.get("rules")), namespaces=_patterns(value.get("namespaces")),
            clusters=_patterns(value.get("clusters")), source=_texts(value.get("source")),
            priority=tuple(map(Bound.parse, _texts(value.get("priority")))), tags=_tags(value.get("tags")),
            output_fields={name: conditions.read(wanted) for name, wanted in fields.items()},
        )  # fmt: skip


def _patterns(value: Sequence[str] | None) -> Patterns | None:
    return Patterns(tuple(value)) if value else None


def _tags(value: Mapping[str, Sequence[str]] | Sequence[str] | None) -> Tags | None:
    if isinstance(value, Mapping):
        return Tags(**{word: tuple(tags) for word, tags in value.items()})
    return Tags(any=tuple(value)) if value else None


def _texts(value: str | Sequence[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _fits(name: str, globs: Sequence[str]) -> bool:
    return any(matches_glob(name, glob) for glob in globs)
