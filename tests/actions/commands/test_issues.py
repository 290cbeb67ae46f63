"""The issue of a contained workload at the local GitHub: opened, commented, closed, and never a reason to fail."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.actions.active_text import HOSTILE, acts, acts_in_markdown
from tests.actions.commands.test_inert_text import contained
from tests.actions.hosted import Hosted, HostedResponder
from tests.actions.runs import ALPINE, STOPPED, shell
from tests.localhub import Hub
from tests.localhub.model import Issue

RULES = b"""\
version: 1
issues: {labels: [security], assignees: [alice]}
rules: [{name: all, match: {rules: ["*"]}, respond: [stop], assignees: [bob]}]
"""
OTHER = ALPINE.replace(b"alpine-deployment", b"other")
OTHER_POD = {"k8s.pod.name": "other-77789455d6-m7flp"}
PERMISSIONS = {"contents": "write", "issues": "write"}
URL = "https://github.example/acme/desired-state"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.start(tmp_path / "hub", action_source=Path(__file__).parents[3]) as hub:
        yield hub


@pytest.fixture
def hosted(hub: Hub) -> Hosted:
    hosted = Hosted(hub, {"alpine.yaml": ALPINE, "other.yaml": OTHER, ".github/falco-response.yaml": RULES})
    hosted.repository.assignable = {"alice", "bob"}
    return hosted


@pytest.fixture
def responder(hub: Hub, hosted: Hosted, tmp_path: Path) -> HostedResponder:
    responder = HostedResponder(hub, hosted, tmp_path / "runs", PERMISSIONS)
    responder.clone_options = []
    return responder


def issues(hosted: Hosted) -> list[Issue]:
    return hosted.repository.issues


def restore(responder: HostedResponder, **inputs: str) -> Any:
    return responder.restore(token=responder.token, **inputs)


def test_a_contained_workload_gets_an_issue_with_labels_and_people(hosted: Hosted, responder: HostedResponder) -> None:
    commit = responder.dispatch(shell()).outputs["commit"]
    (issue,) = issues(hosted)
    assert issue.title == "Contained: Deployment default/alpine-deployment in prod"
    assert (issue.labels, issue.assignees) == (["falco-dispatch", "security"], ["alice", "bob"])
    assert f"{URL}/commit/{commit}" in issue.body
    assert f"{URL}/actions/workflows/restore.yml" in issue.body
    assert "Terminal shell in container" in issue.body


def test_each_workload_of_a_batch_has_its_own_issue(hosted: Hosted, responder: HostedResponder) -> None:
    responder.dispatch(shell(), {**shell(**OTHER_POD), "id": "6c3f"}, {**shell(), "id": "7d40"})
    titles = [issue.title for issue in issues(hosted)]
    assert titles == [
        "Contained: Deployment default/alpine-deployment in prod",
        "Contained: Deployment default/other in prod",
    ]
    assert "7d40" in issues(hosted)[0].body


def test_what_happens_next_is_a_comment(hosted: Hosted, responder: HostedResponder) -> None:
    responder.dispatch(shell())
    responder.dispatch({**shell(), "id": "6c3f"})
    (issue,) = issues(hosted)
    (comment,) = issue.comments
    assert "6c3f" in comment
    assert "in place" in comment


def test_a_restore_closes_the_issue_and_the_next_response_opens_another(
    hosted: Hosted, responder: HostedResponder
) -> None:
    responder.dispatch(shell(), {**shell(**OTHER_POD), "id": "6c3f"})
    commit = restore(responder, event="5b2e").outputs["commit"]
    first, second = issues(hosted)
    assert (first.state, first.state_reason, second.state) == ("closed", "completed", "open")
    assert f"{URL}/commit/{commit}" in first.comments[-1]
    responder.dispatch({**shell(), "id": "7d40"})
    assert [issue.state for issue in issues(hosted)] == ["closed", "open", "open"]


@pytest.mark.parametrize(
    "rules", [RULES.replace(b"issues: {labels: [security], assignees: [alice]}\n", b"")], ids=["not in the rules"]
)
def test_without_the_key_in_the_rules_there_is_no_issue(
    hosted: Hosted, responder: HostedResponder, rules: bytes
) -> None:
    hosted.commit({".github/falco-response.yaml": rules.replace(b", assignees: [bob]", b"")})
    responder.dispatch(shell())
    restore(responder, event="5b2e")
    assert issues(hosted) == []


def test_what_is_not_contained_opens_no_issue(hosted: Hosted, responder: HostedResponder) -> None:
    responder.dispatch(shell(**{"k8s.pod.name": "unknown-77789455d6-m7flp"}))
    responder.dispatch(shell(), mode="dry-run")
    hosted.commit({"alpine.yaml": STOPPED})
    responder.dispatch(shell())
    assert issues(hosted) == []


def test_a_person_who_cannot_be_assigned_costs_only_the_assignment(hosted: Hosted, responder: HostedResponder) -> None:
    hosted.repository.assignable = {"alice"}
    assert responder.dispatch(shell()).code == 0
    assert [issue.assignees for issue in issues(hosted)] == [[]]


def test_without_the_permission_the_workload_is_contained_and_the_run_warns(
    hub: Hub, hosted: Hosted, tmp_path: Path
) -> None:
    responder = HostedResponder(hub, hosted, tmp_path / "runs", {"contents": "write"})
    result = responder.dispatch(shell())
    assert (result.code, hosted.show("main:alpine.yaml")) == (0, STOPPED)
    assert "::warning::an issue was not written: " in result.log
    assert "permissions: issues: write" in result.log


def test_issues_that_are_switched_off_are_a_warning(hosted: Hosted, responder: HostedResponder) -> None:
    hosted.repository.has_issues = False
    result = responder.dispatch(shell())
    assert (result.code, "Issues has been disabled" in result.log) == (0, True)


def test_text_of_an_event_does_nothing_in_an_issue(hosted: Hosted, responder: HostedResponder) -> None:
    responder.dispatch(contained(HOSTILE))
    responder.dispatch({**contained(HOSTILE), "id": HOSTILE[:200]})
    responder.restore(workload="Deployment default/alpine-deployment", token=responder.token)
    (issue,) = issues(hosted)
    assert acts(issue.title) == []
    assert issue.state == "closed"
    assert len(issue.comments) == 2
    for text in (issue.body, *issue.comments):
        ours = re.sub(r"<!-- falco-dispatch workload \w{20} -->|(?<=/commit/)\w{40}", "ours", text)
        assert acts_in_markdown(ours, links=URL) == []


def test_an_issue_of_very_long_texts_is_cut_to_what_github_takes(hosted: Hosted, responder: HostedResponder) -> None:
    events = [{**contained("<" * 290), "id": f"{number}{'<' * 250}"} for number in range(40)]
    for selected in (events, [{**event, "id": f"x{event['id']}"} for event in events]):
        result = responder.dispatch(*selected)
        assert ("an issue was not written" in result.log, len(issues(hosted))) == (False, 1), result.log[:2000]
    (issue,) = issues(hosted)
    assert (30_000 < len(issue.body) <= 65_536, len(issue.comments)) == (True, 1)
    assert "- 20 more" in issue.body
    assert acts_in_markdown(re.sub(r"<!-- falco-dispatch workload \w{20} -->", "", issue.body), links=URL) == []
