"""Did it take? The real notification-controller writes the commit's status, and the action confirm reads it."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests import stack

from . import flux
from .processes import wait_until
from .stage import WORKFLOWS, DesiredState, Stage
from .test_kinds import respond

NAME = "confirmed"
APP: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "guarded", "namespace": "default", "labels": {"app": "guarded"}},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "guarded"}},
        "template": {
            "metadata": {"labels": {"app": "guarded"}},
            "spec": {"containers": [{"name": "main", "image": "alpine:3.14"}]},
        },
    },
}
RULES = b"version: 1\nrules: [{name: stop, match: {rules: [Stop]}, respond: [stop]}]\n"


def confirming_workflow() -> bytes:
    """Return the workflow that ships, with the lines in it that its comments offer."""
    text = (stack.ROOT / WORKFLOWS[0]).read_text()
    text = text.replace("      # statuses: read", "      statuses: read")
    head, mark, steps = text.partition("      # - uses: falco-dispatch/falco-dispatch/actions/confirm@")
    return (head + (mark + steps).replace("      # ", "      ")).encode()


@pytest.fixture(scope="module")
def state(stage: Stage) -> Iterator[DesiredState]:
    files = {"app.yaml": yaml.safe_dump(APP).encode(), ".github/falco-response.yaml": RULES}
    state = stage.create(f"acme/{NAME}", files | {WORKFLOWS[0]: confirming_workflow()})
    token = stage.hub.create_token(state.repository.name, permissions={"statuses": "write"})
    provider, alert = flux.shipped("commit-status.yaml")
    provider["spec"]["address"] = f"{stage.hub.api_url}/{state.repository.name}"
    stage.kubectl.apply(flux.secret("github-status", token=token), provider, alert)
    stage.kubectl.apply(
        flux.git_repository(NAME, url=state.repository.clone_url),
        flux.kustomization(NAME, source=NAME, retryInterval="5s"),
        flux.receiver(NAME, source=NAME, kustomizations=[NAME]),
    )
    stage.connect(state, receiver=NAME)
    stage.kubectl.wait_until_ready("kustomization", NAME)
    yield state
    stage.kubectl.run("delete", f"--namespace={flux.NAMESPACE}", "alert", "github-status")
    stage.kubectl.run("delete", f"--namespace={flux.NAMESPACE}", "kustomization", NAME, "--wait")


def test_a_commit_that_flux_applies_is_confirmed(stage: Stage, state: DesiredState) -> None:
    pod = next(iter(stage.kubectl.wait_for_pods(1, selector="app=guarded")))
    run = respond(state, "Stop", ("default", pod))
    assert run.conclusion == "success", run.log
    assert f"kustomization/{NAME}/" in run.log
    stage.kubectl.wait_for_pods(0, selector="app=guarded")
    assert [status["state"] for status in state.repository.statuses if status["sha"] == state.tip] == ["success"]


def test_a_commit_that_flux_cannot_apply_fails_the_run(stage: Stage, state: DesiredState) -> None:
    """Somebody's mistake in the same folder keeps Flux from applying the response."""
    run = state.dispatch("restore.yml", {"commit": state.tip})
    assert run.conclusion == "success", run.log
    pod = next(iter(stage.kubectl.wait_for_pods(1, selector="app=guarded")))
    broken = {**APP, "metadata": {**APP["metadata"], "name": "broken"}, "spec": {"replicas": 1}}
    state.commit({"broken.yaml": yaml.safe_dump(broken).encode()})
    run = respond(state, "Stop", ("default", pod))
    assert run.conclusion == "failure"
    assert "the pods may still run" in run.log
    assert pod in stage.kubectl.pods(selector="app=guarded")
    state.commit({"broken.yaml": None})
    stage.kubectl.run(
        "annotate",
        f"--namespace={flux.NAMESPACE}",
        "gitrepository",
        NAME,
        "reconcile.fluxcd.io/requestedAt=1",
        "--overwrite",
    )
    wait_until(lambda: not stage.kubectl.pods(selector="app=guarded"), "the pods are gone once the mistake is mended")
