"""Ten rounds of the tutorial, each hop with its time: the last table of `make cluster`."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

import pytest

from .figures import HOPS, Figures
from .processes import wait_until
from .stage import DesiredState, Stage
from .test_tutorial import event, last_run, restore

ROUNDS = 10


def seconds_until(started: float, condition: Callable[[], bool], what: str) -> float:
    wait_until(condition, what, pause=0.02)
    return time.time() - started


def is_stopped(stage: Stage) -> bool:
    return bool(stage.kubectl.get("deployment", "alpine-deployment")["spec"]["replicas"] == 0)


def act_seconds(state: DesiredState) -> float:
    """Return how long the runner takes for a workflow that does nothing."""
    durations = []
    for _ in range(3):
        run = state.dispatch("nothing.yml", {})
        assert run.conclusion == "success", run.log
        assert run.started is not None
        assert run.finished is not None
        durations.append((run.finished - run.started).total_seconds())
    return median(durations)


@pytest.mark.timeout(900)
def test_ten_rounds_end_the_pods_each_time(stage: Stage, tutorial: DesiredState, figures: Figures) -> None:
    runner = act_seconds(tutorial)
    for number in range(ROUNDS):
        stage.kubectl.wait_for_pods(2, selector="app=alpine")
        runs, started = len(stage.hub.runs), time.time()
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        stage.sidekicks["cloudevents"].post({**event(**{"proc.pname": f"round {number}"}), "time": now})
        applied = seconds_until(started, lambda: is_stopped(stage), "Flux has applied the commit")
        pods_end = seconds_until(
            started, lambda: not stage.kubectl.list("pods", selector="app=alpine"), "the pods are gone"
        )
        run = last_run(stage, runs + 1)
        assert run.conclusion == "success", run.log
        assert run.started is not None
        moments = (
            stage.hub.requests[-1].time.timestamp() - started,
            run.started.timestamp() - started,
            (tutorial.repository.path / "refs" / "heads" / "main").stat().st_mtime - started,
            applied,
            pods_end,
        )
        figures.rounds.append(dict(zip(HOPS, moments, strict=True)))
        figures.runner.append(moments[1] + runner)
        restore(stage, tutorial)
    # A run can start before the dispatch is answered.
    later = ("dispatched", "committed", "applied by Flux", "pods gone")
    assert all(sorted(later, key=round_figures.__getitem__) == list(later) for round_figures in figures.rounds)
