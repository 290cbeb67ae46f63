"""Responses that wait for a review, against the local GitHub: Git over HTTP and its APIs."""

import html
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from responder.github.pull_requests import PullRequest, PullRequests
from tests.actions.active_text import acts
from tests.actions.hosted import Hosted, HostedResponder
from tests.actions.runs import ALPINE, HOSTILE, SHELL, STOPPED, shell
from tests.localhub import Hub

OTHER = ALPINE.replace(b"alpine-deployment", b"other")
TITLE = "Stop Deployment default/alpine-deployment in prod: Terminal shell in container"
BRANCH = "falco-dispatch/deployment-default-alpine-deployment-"
RULES = """\
version: 1
rules:
  - {name: look first, match: {rules: [Terminal shell in container]}, respond: [stop], mode: pull-request}
  - {name: label first, match: {rules: [Label]}, respond: [{label: {set: {quarantine: "yes"}}}], mode: pull-request}
  - {name: only show, match: {rules: [Show]}, respond: [stop], mode: dry-run}
  - {name: at once, match: {rules: ["*"]}, respond: [stop]}
"""
FILES = {"alpine.yaml": ALPINE, "other.yaml": OTHER}
WITH_RULES = {**FILES, ".github/falco-response.yaml": RULES.encode()}

via = pytest.mark.parametrize("commit_via", ["git", "api"])


@pytest.fixture
def hosted(tmp_path: Path) -> Iterator[tuple[Hub, Hosted]]:
    with Hub.start(tmp_path / "hub", action_source=Path(__file__).parents[3]) as hub:
        yield hub, Hosted(hub, WITH_RULES)


@pytest.fixture
def remote(hosted: tuple[Hub, Hosted]) -> Hosted:
    return hosted[1]


@pytest.fixture
def responder(hosted: tuple[Hub, Hosted], tmp_path: Path) -> HostedResponder:
    return HostedResponder(*hosted, tmp_path / "runs")


def event(number: int = 1, *, rule: str = "Terminal shell in container", workload: str = "") -> dict[str, Any]:
    """The seed event, by another number, of another rule or in another workload."""
    pod = {"k8s.pod.name": f"{workload}-77789455d6-m7flp"} if workload else {}
    seed = shell(**pod)
    return {**seed, "id": f"event-{number}", "data": {**seed["data"], "rule": rule}}


def test_beyond_the_limit_a_person_merges_what_the_action_does_not_commit(
    remote: Hosted, responder: HostedResponder
) -> None:
    limited = RULES + "limits: {responses-per-hour: 1, over-limit: pull-request}\n"
    remote.commit({".github/falco-response.yaml": limited.encode()})
    result = responder.dispatch(event(1, rule="Another"), event(2, rule="Another", workload="other"))
    assert (result.code, [response["verdict"] for response in result.responses]) == (0, ["contained", "proposed"])
    assert (remote.show("main:alpine.yaml"), remote.show("main:other.yaml")) == (STOPPED, OTHER)
    (branch,) = remote.branches()
    assert remote.show(f"{branch}:other.yaml") == OTHER.replace(b"replicas: 2  #", b"replicas: 0  #")
    (pull,) = remote.repository.pull_requests
    warning = "a person has to merge this response: 1 responses were made in cluster prod"
    assert warning in result.log
    assert warning in html.unescape(pull.body)


@via
def test_a_response_becomes_a_pull_request_and_nothing_else(
    remote: Hosted, responder: HostedResponder, commit_via: str
) -> None:
    commits = remote.log("%H")
    result = responder.dispatch(event(), commit_via=commit_via)
    (branch,), (pull,) = remote.branches(), remote.repository.pull_requests
    assert (result.code, result.responses[0]["verdict"]) == (0, "proposed")
    assert (result.outputs["changed"], result.outputs["commit"], remote.log("%H")) == ("false", "", commits)
    assert branch.startswith(BRANCH)
    assert (pull.head, pull.base, pull.title) == (branch, "main", TITLE)
    assert remote.show(f"{branch}:alpine.yaml") == STOPPED
    assert remote.git("log", "-1", "--format=%s%n%(trailers:key=CloudEvent-Id)", branch).splitlines() == [
        "Stop Deployment default/alpine-deployment in prod",
        "CloudEvent-Id: event-1",
    ]
    assert result.outputs["pull-request"].endswith("/acme/desired-state/pull/1")
    assert result.responses[0]["pull-request"] == result.outputs["pull-request"]
    assert "+  replicas: 0  # one for each zone" in pull.body
    assert "+  replicas: 0  # one for each zone" in result.summary
    assert "Terminal shell in container" in pull.body


@via
def test_the_next_event_of_a_workload_is_added_to_its_pull_request(
    remote: Hosted, responder: HostedResponder, commit_via: str
) -> None:
    responder.dispatch(event(1), commit_via=commit_via)
    (branch,) = remote.branches()
    tip = remote.git("rev-parse", branch)
    remote.repository.pull_requests[0].body += "\nA person's remark\n"
    result = responder.dispatch(event(2), event(3), commit_via=commit_via)
    (pull,) = remote.repository.pull_requests
    assert [response["verdict"] for response in result.responses] == ["proposed", "proposed"]
    assert remote.git("rev-parse", branch) == tip
    assert [pull.body.count(f"<code>event-{number} from") for number in (1, 2, 3)] == [1, 1, 1]
    assert "A person&#39;s remark" in html.escape(pull.body).replace("&#x27;", "&#39;")


def test_an_event_that_comes_again_is_not_told_again(remote: Hosted, responder: HostedResponder) -> None:
    responder.dispatch(event(1))
    body = remote.repository.pull_requests[0].body
    assert responder.dispatch(event(1)).code == 0
    assert [pull.body for pull in remote.repository.pull_requests] == [body]


def test_another_response_to_the_workload_is_a_second_commit_of_its_pull_request(
    remote: Hosted, responder: HostedResponder
) -> None:
    responder.dispatch(event(1))
    (branch,) = remote.branches()
    responder.dispatch(event(2, rule="Label"))
    assert remote.branches() == [branch]
    assert remote.git("log", "--format=%s", f"main..{branch}").splitlines() == [
        "Label Deployment default/alpine-deployment in prod",
        "Stop Deployment default/alpine-deployment in prod",
    ]
    assert "quarantine" in remote.repository.pull_requests[0].body


@via
def test_a_batch_commits_what_it_may_and_proposes_the_rest_on_top(
    remote: Hosted, responder: HostedResponder, commit_via: str
) -> None:
    result = responder.dispatch(
        event(1),
        event(2, rule="Anything", workload="other"),
        event(3, rule="Nothing", workload="no-such"),
        commit_via=commit_via,
    )
    assert [response["verdict"] for response in result.responses] == ["proposed", "contained", "refused"]
    assert result.outputs["commit"] == remote.git("rev-parse", "main")
    assert remote.show("main:alpine.yaml") == ALPINE
    assert b"replicas: 0" in remote.show("main:other.yaml")
    (branch,) = remote.branches()
    assert remote.git("merge-base", "main", branch) == result.outputs["commit"]
    assert remote.git("diff", "--name-only", "main", branch) == "alpine.yaml"
    assert [
        response.startswith("CloudEvent-Id: event-2") for response in remote.log("%(trailers:key=CloudEvent-Id)")[:1]
    ]


def test_every_workload_has_a_pull_request_of_its_own(remote: Hosted, responder: HostedResponder) -> None:
    result = responder.dispatch(event(1), event(2, workload="other"), event(3))
    assert len(result.outputs["pull-request"].splitlines()) == 2
    assert sorted(remote.git("diff", "--name-only", "main", branch) for branch in remote.branches()) == [
        "alpine.yaml",
        "other.yaml",
    ]


def test_the_mode_of_the_input_counts_for_every_rule(remote: Hosted, responder: HostedResponder) -> None:
    result = responder.dispatch(event(1, rule="Anything"), mode="pull-request")
    assert result.responses[0]["verdict"] == "proposed"
    assert remote.show("main:alpine.yaml") == ALPINE


def test_a_rule_that_only_wants_to_show_shows(remote: Hosted, responder: HostedResponder) -> None:
    result = responder.dispatch(event(1, rule="Show"))
    assert (result.code, result.responses[0]["verdict"]) == (0, "shown")
    assert "+  replicas: 0  # one for each zone" in result.summary
    assert (remote.branches(), remote.show("main:alpine.yaml")) == ([], ALPINE)


def test_a_dry_run_opens_nothing(remote: Hosted, responder: HostedResponder) -> None:
    result = responder.dispatch(event(1), event(2, rule="Anything", workload="other"), mode="dry-run")
    assert (result.code, result.outputs["pull-request"], result.outputs["changed"]) == (0, "", "false")
    assert result.summary.count("+  replicas: 0  # one for each zone") == 4  # each diff in short and whole
    assert (remote.branches(), remote.repository.pull_requests) == ([], [])


def test_what_is_merged_is_in_place_and_the_next_response_has_its_own_branch(
    remote: Hosted, responder: HostedResponder
) -> None:
    responder.dispatch(event(1))
    (first,) = remote.branches()
    remote.merge(first)
    remote.repository.pull_requests[0].state = "closed"
    remote.repository.pull_requests[0].is_merged = True
    assert responder.dispatch(event(2)).responses[0]["verdict"] == "in place"
    remote.commit({"alpine.yaml": ALPINE}, "Bring it back")
    result = responder.dispatch(event(3))
    assert result.responses[0]["verdict"] == "proposed"
    assert remote.branches() == [first, f"{first}-2"]
    assert [pull.head for pull in remote.repository.pull_requests] == [first, f"{first}-2"]


@via
def test_what_others_pushed_to_the_branch_stays_where_all_have_moved_on(
    remote: Hosted, responder: HostedResponder, commit_via: str
) -> None:
    responder.dispatch(event(1), commit_via=commit_via)
    (branch,) = remote.branches()
    remote.push_to(branch, {"notes.md": b"reviewed\n"})
    remote.commit({"unrelated.yaml": b"{}\n"})
    assert responder.dispatch(event(2, rule="Label"), commit_via=commit_via).code == 0
    assert remote.git("log", "--format=%s", f"main..{branch}").splitlines() == [
        "Label Deployment default/alpine-deployment in prod",
        "Somebody's addition",
        "Stop Deployment default/alpine-deployment in prod",
    ]
    assert len(remote.repository.pull_requests) == 1


def test_a_pull_request_that_is_closed_while_the_run_adds_to_it_is_followed_by_another(
    remote: Hosted, responder: HostedResponder, monkeypatch: pytest.MonkeyPatch
) -> None:
    responder.dispatch(event(1))
    describe = PullRequests.describe

    def closed_meanwhile(self: PullRequests, pull: PullRequest, body: str) -> PullRequest:
        remote.repository.pull_requests[0].state = "closed"
        return describe(self, pull, body)

    monkeypatch.setattr(PullRequests, "describe", closed_meanwhile)
    result = responder.dispatch(event(2))
    assert result.responses[0]["verdict"] == "proposed"
    assert [(pull.state, pull.number) for pull in remote.repository.pull_requests] == [("closed", 1), ("open", 2)]
    assert result.outputs["pull-request"].endswith("/2")


def test_a_branch_that_a_run_left_without_a_pull_request_gets_one(remote: Hosted, responder: HostedResponder) -> None:
    remote.repository.takes_pull_requests_of_workflows = False
    result = responder.dispatch(event(1))
    assert (result.code, result.responses[0]["verdict"]) == (1, "refused")
    assert "Allow GitHub Actions to create and approve pull requests" in result.responses[0]["reason"]
    (branch,) = remote.branches()
    remote.repository.takes_pull_requests_of_workflows = True
    assert responder.dispatch(event(2)).responses[0]["verdict"] == "proposed"
    assert [pull.head for pull in remote.repository.pull_requests] == [branch]


@pytest.mark.parametrize(
    ("permissions", "repository"),
    [
        pytest.param({"contents": "write"}, "acme/desired-state", id="403"),
        pytest.param({"contents": "write", "pull-requests": "read"}, "acme/desired-state", id="403, may read"),
        pytest.param({"contents": "write", "pull-requests": "write"}, "acme/elsewhere", id="404"),
    ],
)
def test_a_missing_permission_is_named_and_what_may_be_committed_is(
    hosted: tuple[Hub, Hosted], tmp_path: Path, permissions: dict[str, str], repository: str
) -> None:
    hub, remote = hosted
    responder = HostedResponder(hub, remote, tmp_path / "runs", permissions)
    responder.environ = {**responder.environ, "GITHUB_REPOSITORY": repository}
    result = responder.dispatch(event(1), event(2, rule="Anything", workload="other"))
    assert (result.code, [response["verdict"] for response in result.responses]) == (1, ["refused", "contained"])
    assert "permissions: pull-requests: write" in result.responses[0]["reason"]
    assert remote.repository.pull_requests == []


@via
def test_a_branch_that_may_not_be_made_is_refused_with_the_reason(
    remote: Hosted, responder: HostedResponder, commit_via: str
) -> None:
    remote.repository.protected = True
    result = responder.dispatch(event(1), commit_via=commit_via)
    assert (result.code, result.responses[0]["verdict"]) == (1, "refused")
    assert "rule violations found" in result.responses[0]["reason"]


def test_runs_at_once_open_one_pull_request(hosted: tuple[Hub, Hosted], tmp_path: Path) -> None:
    hub, remote = hosted
    responders = [HostedResponder(hub, remote, tmp_path / f"runs-{number}") for number in range(4)]
    with ThreadPoolExecutor(len(responders)) as pool:
        result = list(pool.map(lambda pair: pair[1].dispatch(event(pair[0])), enumerate(responders)))
    assert [response.responses[0]["verdict"] for response in result] == ["proposed"] * 4, [
        response.log for response in result
    ]
    (branch,) = remote.branches()
    assert remote.git("rev-list", "--count", f"main..{branch}") == "1"
    assert len(remote.repository.pull_requests) == 1


def test_hostile_text_is_text_in_a_pull_request_not_in_a_branch(remote: Hosted, responder: HostedResponder) -> None:
    hostile = {**SHELL["output_fields"], "proc.cmdline": HOSTILE, "x --> <!-- y": "``` ~~~ @everyone #1 [a](b)"}
    seed = event(1, rule=HOSTILE)
    result = responder.dispatch({**seed, "data": {**seed["data"], "output_fields": hostile}}, mode="pull-request")
    assert result.responses[0]["verdict"] == "proposed"
    (branch,), (pull,) = remote.branches(), remote.repository.pull_requests
    assert re.fullmatch(f"{BRANCH}[a-z0-9]+", branch)
    outside = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", pull.body)
    for text in ("<script", "@everyone", "```", "-->\n<", "[a](b)", "$(touch"):
        assert text not in outside
    assert outside.count("<!--") == 1
    assert (pull.title.startswith(TITLE.partition(":")[0]), acts(pull.title)) == (True, [])
