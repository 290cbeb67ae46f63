"""Every way in which an action fails writes a page that says what was done, what runs on, and what to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from responder.commands import exit_codes
from responder.errors import GitFailed
from responder.publish.git import Git
from tests.actions.conftest import NewRemote, Remote
from tests.actions.runs import ALPINE, Responder, RunResult, shell

RULES = ".github/falco-response.yaml"
BROKEN = b"version: 1\nrules: [{name: a, match: {rulez: [x]}, respond: [stop]}]\n"
MIXED = b"""\
version: 1
rules:
  - {name: first, match: {rules: [Another]}, respond: [stop], mode: pull-request}
  - {name: second, match: {rules: ["*"]}, respond: [stop]}
"""
OTHER = ALPINE.replace(b"alpine-deployment", b"other")


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote({"alpine.yaml": ALPINE, "other.yaml": OTHER})


@pytest.fixture
def responder(remote: Remote, tmp_path: Path) -> Responder:
    return Responder(remote, tmp_path)


@pytest.mark.parametrize(
    ("run", "heading", "next_step"),
    [
        pytest.param(
            lambda responder: responder.dispatch(shell(), mode="wrong"),
            "❌ Nothing was done: an input cannot be used",
            "gh workflow run respond.yml",
            id="an input",
        ),
        pytest.param(
            lambda responder: responder.run({}),
            "❌ Nothing was done: an input cannot be used",
            "paste a CloudEvent",
            id="no event",
        ),
        pytest.param(
            lambda responder: responder.restore(event="4711"),
            "❌ Nothing was done: no such response is recorded",
            "for event 4711",
            id="an unknown restore",
        ),
        pytest.param(
            lambda responder: responder.restore(),
            "❌ Nothing was done: an input cannot be used",
            "by one of the inputs",
            id="a restore of nothing",
        ),
        pytest.param(
            lambda responder: responder.check(events="gone"),
            "❌ Nothing was done: an input cannot be used",
            "is nothing in the workspace",
            id="no samples",
        ),
    ],
)
def test_a_failure_has_a_page(
    responder: Responder, run: Callable[[Responder], RunResult], heading: str, next_step: str
) -> None:
    result = run(responder)
    assert result.code != 0
    assert result.summary.startswith(f"## {heading}\n\n> [!CAUTION]\n> **Nothing was done.** ")
    assert next_step in result.summary


@pytest.mark.parametrize("action", ["dispatch", "restore", "check"])
def test_broken_rules_have_a_page_with_each_mistake_at_its_line(
    remote: Remote, responder: Responder, action: str
) -> None:
    remote.commit({RULES: BROKEN})
    responder.environ = {"GITHUB_SHA": "c" * 40}
    inputs: dict[str, Any] = {"restore": {"event": "1"}}.get(action, {})
    run = getattr(responder, action)
    result = run(shell()) if action == "dispatch" else run(**inputs)
    assert result.code == exit_codes.BAD_INPUT
    assert result.summary.startswith("## ❌ Nothing was done: the response rules have 1 mistake\n")
    assert f"(https://github.example/acme/desired-state/blob/{'c' * 40}/{RULES}#L2)" in result.summary
    assert ("default/alpine-deployment-77789455d6-m7flp" in result.summary) is (action == "dispatch")


def test_a_refused_push_has_a_page_with_what_still_runs_and_what_helps(remote: Remote, responder: Responder) -> None:
    remote.refuse_pushes("GH013: Repository rule violations found")
    summary = responder.dispatch(shell()).summary
    assert summary.startswith("## ❌ Nothing was done: the branch does not take the commit\n")
    assert "GH013" in summary
    assert "GitHub App" in summary
    assert "### What Falco saw, and still runs" in summary


def test_a_surprise_claims_nothing_about_what_was_done(responder: Responder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("text of the event")

    monkeypatch.setattr(Git, "entries", fail)
    result = responder.dispatch(shell())
    assert result.summary.startswith("## ❌ The action failed unexpectedly\n")
    assert "Nothing was done" not in result.summary
    assert "text of the event" not in result.summary


def test_a_proposal_that_fails_after_the_commit_leaves_the_commit_on_the_page(
    remote: Remote, responder: Responder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise GitFailed("fetch", "no route")

    remote.commit({RULES: MIXED})
    monkeypatch.setattr(Git, "reset_to_tip", fail)
    proposed = shell(**{"k8s.pod.name": "other-77789455d6-m7flp"})
    proposed["data"]["rule"] = "Another"
    result = responder.dispatch(shell(), proposed)
    assert [response["verdict"] for response in result.responses] == ["contained", "refused"]
    assert result.outputs["commit"] == remote.log("%H")[0]
    assert "| 1 | 🛑 Stopped Deployment <code>default/alpine-deployment</code>" in result.summary
    assert "it could not be proposed: git fetch failed: no route" in result.responses[1]["reason"]


def test_a_mistake_in_the_receiver_is_on_the_page_of_what_was_contained(responder: Responder) -> None:
    result = responder.dispatch(shell(), receiver_url="nonsense")
    assert result.code == exit_codes.BAD_INPUT
    assert result.summary.startswith("## 🛑 Stopped Deployment")
    assert "> [!WARNING]\n> input receiver-url is not an http or https address" in result.summary
    assert "Nothing was done" not in result.summary
