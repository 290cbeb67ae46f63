"""The Test section of the tutorial, word for word, on the real parts."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from responder.plan import drift
from tests import sidekick
from tests.localhub import Run

from . import falcosidekick
from .falcosidekick import Output
from .processes import wait_until
from .stage import DesiredState, Stage

TUTORIAL_EVENT = sidekick.falco_events()["E02"]
NAME = "desired-state"  # of the GitRepository, the Kustomization and the Receiver


def event(**fields: Any) -> dict[str, Any]:
    """Return the tutorial's event with other fields; the relay takes events that differ in nothing for one."""
    return {**TUTORIAL_EVENT, "output_fields": {**TUTORIAL_EVENT["output_fields"], **fields}}


def alpine_pods(stage: Stage) -> str:
    return stage.kubectl.run("get", "pods", "-l", "app=alpine")


def ignored_events(stage: Stage) -> int:
    """Return how many events the relay has taken without a dispatch."""
    metrics = httpx.get(f"{stage.relay.url}/metrics").text
    return sum(int(float(count)) for count in re.findall(r"(?m)^\w+ignored\w*\{[^}]*\} (\S+)$", metrics))


def last_run(stage: Stage, count: int) -> Run:
    return stage.hub.wait_for_runs(count)[-1]


def restore(stage: Stage, state: DesiredState) -> None:
    tip = state.tip
    run = state.dispatch("restore.yml", {"commit": tip})
    assert run.conclusion == "success", run.log
    stage.kubectl.wait_for_pods(2, selector="app=alpine")


@pytest.mark.parametrize("output", falcosidekick.OUTPUTS)
def test_the_pods_are_gone_after_the_event_and_back_after_the_restore(
    stage: Stage, tutorial: DesiredState, output: Output
) -> None:
    pods = stage.kubectl.wait_for_pods(2, selector="app=alpine")
    tree, runs = tutorial.tree, len(stage.hub.runs)
    stage.sidekicks[output].post(event(**{"proc.tty": len(output)}))
    run = last_run(stage, runs + 1)
    assert run.conclusion == "success", run.log
    stage.kubectl.wait_for_pods(0, selector="app=alpine")
    assert alpine_pods(stage) == ""
    assert tutorial.git("diff", "--numstat", "main~1", "main") == "1\t1\talpine.yaml"
    stage.kubectl.wait_until_ready("kustomization", NAME, revision=tutorial.tip)
    restore(stage, tutorial)
    assert tutorial.tree == tree
    assert not pods.keys() & stage.kubectl.pods(selector="app=alpine").keys()


@pytest.mark.parametrize("output", falcosidekick.OUTPUTS)
def test_the_test_event_of_falcosidekick_changes_nothing(stage: Stage, tutorial: DesiredState, output: Output) -> None:
    tip, runs, ignored = tutorial.tip, len(stage.hub.runs), ignored_events(stage)
    stage.sidekicks[output].test()
    wait_until(lambda: ignored_events(stage) == ignored + 1, "the relay has counted the test event")
    assert (tutorial.tip, len(stage.hub.runs)) == (tip, runs)


def test_a_burst_of_200_events_is_one_commit_and_few_runs(stage: Stage, tutorial: DesiredState) -> None:
    stage.kubectl.wait_for_pods(2, selector="app=alpine")
    commits, runs = int(tutorial.git("rev-list", "--count", "main")), len(stage.hub.runs)
    for number in range(200):
        stage.sidekicks["cloudevents"].post(event(**{"proc.cmdline": f"sh -c {number} {uuid.uuid4()}"}))
    stage.kubectl.wait_for_pods(0, selector="app=alpine")
    wait_until(lambda: all(run.status == "completed" for run in stage.hub.runs), "all runs end", timeout=120)
    assert [run.conclusion for run in stage.hub.runs[runs:] if run.conclusion != "success"] == []
    assert len(stage.hub.runs) - runs <= 10
    assert int(tutorial.git("rev-list", "--count", "main")) == commits + 1
    restore(stage, tutorial)


def test_pods_that_somebody_scales_up_after_the_stop_are_reported_and_ended(
    stage: Stage, tutorial: DesiredState
) -> None:
    runs = len(stage.hub.runs)
    stage.sidekicks["cloudevents"].post(event(**{"proc.pname": "first"}))
    assert last_run(stage, runs + 1).conclusion == "success"
    stage.kubectl.wait_for_pods(0, selector="app=alpine")
    stage.kubectl.run("scale", "deployment/alpine-deployment", "--replicas=2")
    stage.kubectl.wait_for_pods(2, selector="app=alpine")
    later = datetime.now(UTC) + timedelta(seconds=drift.REACH + 5)  # instead of a minute of waiting
    again = {**event(**{"proc.pname": "again"}), "time": f"{later:%Y-%m-%dT%H:%M:%S.%fZ}"}
    stage.sidekicks["cloudevents"].post(again)
    run = last_run(stage, runs + 2)
    assert run.conclusion == "failure", run.log
    assert "still running although stopped in Git since" in run.log
    stage.kubectl.wait_for_pods(0, selector="app=alpine")
    restore(stage, tutorial)
