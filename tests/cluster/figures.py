"""The figures of a run: how long each hop takes from the event to the end of the pods. Measures nothing itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

HOPS = ("dispatched", "run started", "committed", "applied by Flux", "pods gone")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Seconds from the event to each hop, in each round; `runner` is the part of a round until the action starts."""

    rounds: list[Mapping[str, float]] = field(default_factory=list)
    runner: list[float] = field(default_factory=list)

    def table(self) -> list[str]:
        """Return the lines of a table: median and worst of all rounds."""
        if not self.rounds:
            return []
        lines = [f"| seconds from the event, {len(self.rounds)} rounds | median | worst |", "| --- | ---: | ---: |"]
        lines += [_row(hop, [figures[hop] for figures in self.rounds]) for hop in HOPS]
        ours = [figures["committed"] - start for figures, start in zip(self.rounds, self.runner, strict=True)]
        shares = [100 * part / figures["pods gone"] for part, figures in zip(ours, self.rounds, strict=True)]
        without = [figures["pods gone"] - start for figures, start in zip(self.rounds, self.runner, strict=True)]
        lines += [
            _row("the action alone, until its commit", ours),
            _row("pods gone, without the runner's start", without),
        ]
        return [*lines, f"| share of the action | {median(shares):.0f} % | {max(shares):.0f} % |"]


def _row(name: str, seconds: Sequence[float]) -> str:
    return f"| {name} | {median(seconds):.2f} | {max(seconds):.2f} |"
