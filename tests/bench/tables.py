"""Measures and prints what the benchmarks share: medians of alternating rounds, and Markdown tables."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence


def medians(
    tasks: Mapping[str, Callable[[], object]], *, rounds: int, prepare: Callable[[], object] = lambda: None
) -> dict[str, float]:
    """Return the median seconds of each task. The tasks take turns, so that a slow moment of the machine meets all.

    `prepare` runs before each of them and is not counted.
    """
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for task in tasks.values():  # once without counting
        prepare()
        task()
    for _ in range(rounds):
        for name, task in tasks.items():
            prepare()
            started = time.perf_counter()
            task()
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(durations) for name, durations in times.items()}


def markdown(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines) + "\n"


def seconds(value: float) -> str:
    """Return a duration for a person to read."""
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"
