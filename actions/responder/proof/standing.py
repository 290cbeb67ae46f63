"""The result of proving a response by rendering."""

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How a proof stands.

    ASSUMED: the difference is the response alone, but only a chart could confirm that it reaches the pod. NOT_BUILT:
    the repository's own content keeps kustomize, and so Flux, from building the folder.
    """

    PROVED = "proved"
    ASSUMED = "assumed"
    NOT_BUILT = "not built"
    DISPROVED = "disproved"
    NOT_POSSIBLE = "not possible"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """How it stands and why, in a sentence; `diff` is how the rendered objects differ."""

    standing: Standing
    reason: str
    diff: str = ""
