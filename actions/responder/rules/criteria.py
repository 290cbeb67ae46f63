"""Defines what a rule can ask of a whole event. `conditions` decides about single values, `matching` about events."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..falco.priority import Priority
from .conditions import Condition
from .globs import matches_any

_COMPARISONS: Mapping[str, Callable[[Priority, Priority], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
}
_BOUND = re.compile(r"([<>=!]*)\s*(.*)", re.DOTALL)


@dataclass(frozen=True)
class Bound:
    """A comparison with a priority, in Falco's order."""

    sign: str
    priority: Priority

    @classmethod
    def parse(cls, text: str) -> "Bound":
        """Return the bound that a text like `>=Notice` or `Notice` describes. Raises ValueError."""
        sign, word = _BOUND.match(text).groups()  # type: ignore[union-attr]  # the pattern matches every text
        if sign and sign not in _COMPARISONS:
            raise ValueError(f"`{sign}` is not a comparison; use one of {', '.join(_COMPARISONS)}")
        return cls(sign or "=", Priority.parse(word))

    def holds(self, priority: Priority) -> bool:
        return _COMPARISONS[self.sign](priority, self.priority)

    def __str__(self) -> str:
        return f"{self.sign}{self.priority.word}"


@dataclass(frozen=True)
class NamePatterns:
    """Globs for a name. At least one must match; those that begin with `!` must not.

    If all of them begin with `!`, every other name matches.
    """

    globs: tuple[str, ...]

    def holds(self, name: str | None) -> bool:
        if name is None:
            return False
        excluded = [glob[1:] for glob in self.globs if glob.startswith("!")]
        included = [glob for glob in self.globs if not glob.startswith("!")]
        return matches_any(name, included or ["*"]) and not matches_any(name, excluded)

    def __str__(self) -> str:
        return ", ".join(self.globs)


@dataclass(frozen=True)
class Tags:
    """Tags that an event must have: every tag of `all`, at least one of `any`, and no tag of `none`."""

    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    def holds(self, event_tags: Sequence[str]) -> bool:
        tags = set(event_tags)
        return tags >= set(self.all) and (not self.any or not tags.isdisjoint(self.any)) and tags.isdisjoint(self.none)

    def __str__(self) -> str:
        parts = {"all of": self.all, "any of": self.any, "none of": self.none}
        return " and ".join(f"{word} {', '.join(tags)}" for word, tags in parts.items() if tags)


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """What an event must be. A criterion that is None or empty asks for nothing; at least one asks for something."""

    rules: NamePatterns | None = None
    priority: tuple[Bound, ...] = ()
    source: tuple[str, ...] = ()
    tags: Tags | None = None
    namespaces: NamePatterns | None = None
    clusters: NamePatterns | None = None
    output_fields: Mapping[str, Condition] = field(default_factory=dict)
