"""Commits that GitHub makes, against the local GitHub, whose mutation makes them in a real repository."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import pytest

from responder.commands import exit_codes
from responder.errors import RecordLost
from responder.github.api import Api
from responder.publish.commits import ByApi
from responder.publish.patience import Patience
from tests.actions.hosted import Hosted, HostedResponder
from tests.actions.runs import ALPINE, MANIFEST, STOPPED, shell
from tests.localhub import Hub

RULES = "version: 1\nrules: [{name: all, match: {rules: ['*']}, respond: [%s]}]\n"
OTHER = ALPINE.replace(b"alpine-deployment", b"other")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.start(tmp_path / "hub", action_source=Path(__file__).parents[3]) as hub:
        yield hub


@pytest.fixture
def remote(hub: Hub) -> Hosted:
    return Hosted(hub, {"alpine.yaml": ALPINE, "other.yaml": OTHER})


@pytest.fixture
def responder(hub: Hub, remote: Hosted, tmp_path: Path) -> HostedResponder:
    return HostedResponder(hub, remote, tmp_path / "runs", {"contents": "write"})


def test_github_makes_the_commit_that_git_would_make(remote: Hosted, responder: HostedResponder) -> None:
    result = responder.dispatch(shell(), commit_via="api")
    assert (result.code, result.outputs["changed"]) == (0, "true")
    assert remote.git("rev-parse", "main") == result.outputs["commit"]
    assert remote.show("main:alpine.yaml") == STOPPED
    by_api = remote.git("log", "-1", "--format=%B", "main")
    remote.git("update-ref", "refs/heads/main", "main~1")
    responder.dispatch(shell())
    assert remote.git("log", "-1", "--format=%B", "main") == by_api
    assert remote.git("log", "-1", "--format=%an", "main") == "falco-dispatch"


def test_a_response_in_place_makes_no_commit(remote: Hosted, responder: HostedResponder) -> None:
    responder.dispatch(shell(), commit_via="api")
    commits = remote.log("%H")
    result = responder.dispatch(shell(), commit_via="api")
    assert (result.code, result.outputs["changed"], remote.log("%H")) == (0, "false", commits)


def test_stale_data_is_planned_again_on_what_others_made_of_the_file(
    remote: Hosted, responder: HostedResponder
) -> None:
    theirs = b"# a line of somebody else's\n" + ALPINE
    responder.meanwhile = lambda: remote.commit({"alpine.yaml": theirs}, "Somebody else's change")
    result = responder.dispatch(shell(), commit_via="api")
    assert result.code == 0
    assert remote.show("main:alpine.yaml") == b"# a line of somebody else's\n" + STOPPED
    assert remote.log("%s")[:2] == ["Stop Deployment default/alpine-deployment in prod", "Somebody else's change"]


def test_stale_data_for_ever_fails_in_the_end_and_says_so(remote: Hosted, responder: HostedResponder) -> None:
    responder.patience = Patience(limit=0)
    responder.meanwhile = lambda: remote.commit({"x.yaml": b"{}\n"}, "Somebody else's change")
    result = responder.dispatch(shell(), commit_via="api")
    assert result.code == exit_codes.FAILED
    assert "another push to main was faster" in result.log
    assert remote.log("%s")[0] == "Somebody else's change"


def test_files_that_go_and_files_that_come_are_in_the_commit(remote: Hosted, responder: HostedResponder) -> None:
    pod = b"apiVersion: v1\nkind: Pod\nmetadata: {name: bare, namespace: default}\n"
    isolate = RULES % "stop, isolate"
    remote.commit({"bare.yaml": pod, ".github/falco-response.yaml": isolate.encode()})
    result = responder.dispatch(shell(), shell(**{"k8s.pod.name": "bare"}), commit_via="api")
    changes = remote.git("show", "--format=", "--name-status", "--no-renames", "main").splitlines()
    assert [response["verdict"] for response in result.responses][:1] == ["contained"], result.responses
    assert "M\talpine.yaml" in changes
    assert "A\tisolate-alpine-deployment.yaml" in changes


def test_a_bare_pod_goes(remote: Hosted, responder: HostedResponder) -> None:
    remote.commit({"bare.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: bare, namespace: default}\n"})
    assert responder.dispatch(shell(**{"k8s.pod.name": "bare"}), commit_via="api").code == 0
    assert remote.git("show", "--format=", "--name-status", "main") == "D\tbare.yaml"


def test_line_ends_are_sent_as_git_keeps_them(remote: Hosted, responder: HostedResponder) -> None:
    remote.commit({".gitattributes": b"*.yaml text eol=crlf\n"})
    assert responder.dispatch(shell(), commit_via="api").code == 0
    assert remote.show("main:alpine.yaml") == STOPPED


def test_paths_are_those_of_the_repository_and_not_of_the_directory(remote: Hosted, responder: HostedResponder) -> None:
    remote.commit({"deep/down/web.yaml": MANIFEST.replace(b"alpine-deployment", b"web") + b"spec: {replicas: 2}\n"})
    event = shell(**{"k8s.pod.name": "web-77789455d6-m7flp"})
    assert responder.dispatch(event, commit_via="api", directory="deep").code == 0
    assert remote.git("show", "--format=", "--name-only", "main") == "deep/down/web.yaml"


@pytest.mark.parametrize(
    ("permissions", "is_protected", "commit_via", "message"),
    [
        pytest.param({"contents": "write"}, True, "git", "GH013", id="protected, git"),
        pytest.param({"contents": "write"}, True, "api", "rule violations found", id="protected, api"),
        pytest.param({"contents": "read"}, False, "git", "403", id="may only read, git"),
        pytest.param({"contents": "read"}, False, "api", "not accessible by integration", id="may only read, api"),
    ],
)
def test_a_commit_that_is_not_wanted_fails_with_what_would_help(
    hub: Hub,
    remote: Hosted,
    tmp_path: Path,
    permissions: dict[str, str],
    is_protected: bool,
    commit_via: str,
    message: str,
) -> None:
    remote.repository.protected = is_protected
    commits = remote.log("%H")
    result = HostedResponder(hub, remote, tmp_path / "runs", permissions).dispatch(shell(), commit_via=commit_via)
    assert result.code == exit_codes.FAILED
    assert "the push to main was refused" in result.log
    assert message in result.log
    assert "mode: pull-request" in result.log
    assert remote.log("%H") == commits


def test_an_unknown_way_to_commit_is_bad_input(responder: HostedResponder) -> None:
    result = responder.dispatch(shell(), commit_via="carrier pigeon")
    assert result.code == exit_codes.BAD_INPUT
    assert "git, api" in result.log


class Unrecorded:
    """A plan of which the message does not record what it does."""

    files: Mapping[PurePosixPath, bytes | None] = {}
    message = "Stop it\n"

    def confirm(self, message: str) -> None:
        raise RecordLost(message)


def test_github_is_asked_for_no_commit_that_would_not_record_what_it_does(remote: Hosted) -> None:
    api = Api(
        url="http://127.0.0.1:9", graphql_url="http://127.0.0.1:9", repository="a/b", token="t", sleep=lambda _: None
    )
    git = remote.checkout()
    with pytest.raises(RecordLost):
        ByApi(api=api).add(git, git.draft({}), Unrecorded(), branch="main")


def forge(remote: Hosted) -> None:
    """Push a commit whose record, author, committer and signature look like those of a response that GitHub made."""
    content = remote.git("cat-file", "commit", "main")
    path = remote.path / "forged"
    path.write_text(content.replace("CloudEvent-Id: 5b2e", "CloudEvent-Id: forged") + "\n")
    sha = remote.git("hash-object", "-t", "commit", "-w", str(path))
    remote.git("update-ref", "refs/heads/main", sha)


def test_a_commit_with_a_copied_signature_does_not_count_against_the_limit(
    hub: Hub, remote: Hosted, responder: HostedResponder
) -> None:
    limits = RULES % "stop" + "limits: {responses-per-hour: 1}\n"
    remote.commit({".github/falco-response.yaml": limits.encode()})
    assert responder.dispatch(shell(), commit_via="api").code == 0
    forge(remote)
    others = shell(**{"k8s.pod.name": "other-77789455d6-m7flp"})
    blind = hub.create_token(remote.repository.name, permissions={"metadata": "read"})
    assert "limits.responses-per-hour is 1" in responder.dispatch(others, token=blind).responses[0]["reason"]
    assert responder.dispatch(others, commit_via="api").code == 0


def test_commits_that_github_made_for_the_action_count_against_the_limit(
    remote: Hosted, responder: HostedResponder
) -> None:
    limits = RULES % "stop" + "limits: {responses-per-hour: 1}\n"
    remote.commit({".github/falco-response.yaml": limits.encode()})
    others = shell(**{"k8s.pod.name": "other-77789455d6-m7flp"})
    assert responder.dispatch(shell(), commit_via="api").code == 0
    result = responder.dispatch(others, commit_via="api")
    assert (result.code, "limits.responses-per-hour is 1" in result.responses[0]["reason"]) == (1, True)
    assert remote.show("main:other.yaml") == OTHER
    assert responder.restore(event="5b2e", token=responder.token).code == 0
    assert remote.show("main:alpine.yaml") == ALPINE
