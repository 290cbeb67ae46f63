"""The result of proving a response by rendering."""

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How a proof stands."""

    PROVED = "proved"
    DISPROVED = "disproved"
    NOT_POSSIBLE = "not possible"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """How it stands and why, in a sentence; `diff` is how the rendered objects differ."""

    standing: Standing
    reason: str
    diff: str = ""
