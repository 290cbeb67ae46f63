"""The restore action from its inputs to the pushed commit, against a real remote repository."""

import json
from pathlib import Path

import pytest

from responder.commands import exit_codes
from responder.commands.selection import Selection
from responder.plan.trailers import RecordedResponse
from tests.actions.conftest import NewRemote, Remote, command
from tests.actions.runs import ALPINE, STOPPED, Responder, shell

OTHER = ALPINE.replace(b"alpine-deployment", b"other")
EVERY = b"version: 1\nrules: [{name: all, match: {rules: ['*']}, respond: [stop]}]\n"


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote({"alpine.yaml": ALPINE, "other.yaml": OTHER, ".github/falco-response.yaml": EVERY})


@pytest.fixture
def responder(remote: Remote, tmp_path: Path) -> Responder:
    return Responder(remote, tmp_path)


def test_a_commit_is_taken_back_byte_for_byte(remote: Remote, responder: Responder) -> None:
    sha = responder.dispatch(shell()).outputs["commit"]
    assert remote.show("main:alpine.yaml") == STOPPED
    result = responder.restore(commit=sha)
    assert result.code == 0
    assert remote.show("main:alpine.yaml") == ALPINE
    assert [result.outputs["commit"]] == remote.log("%H")[:1]
    assert json.loads(result.outputs["restored"]) == ["stop Deployment default/alpine-deployment"]


def test_the_commit_says_what_was_taken_back(remote: Remote, responder: Responder) -> None:
    sha = responder.dispatch(shell()).outputs["commit"]
    responder.restore(commit=sha[:10])
    assert remote.log("%s")[0] == "Restore Deployment default/alpine-deployment"
    assert remote.log("%(trailers:only)")[:3] == [
        f"Restored-Commit: {sha}",
        "Restored-Event: 5b2e",
        "Restored-Response: stop Deployment default/alpine-deployment",
    ]


@pytest.mark.parametrize("selection", [{"event": "5b2e"}, {"workload": "Deployment default/alpine-deployment"}])
def test_an_event_or_a_workload_names_a_response_too(
    remote: Remote, responder: Responder, selection: dict[str, str]
) -> None:
    responder.dispatch(shell())
    remote.commit({"unrelated.txt": b"x"})
    assert responder.restore(**selection).code == 0
    assert remote.show("main:alpine.yaml") == ALPINE


def test_one_response_of_a_batch_is_taken_back_by_itself(remote: Remote, responder: Responder) -> None:
    other = {**shell(**{"k8s.pod.name": "other-77789455d6-m7flp"}), "id": "6c3f"}
    responder.dispatch(shell(), other)
    assert responder.restore(event="6c3f").code == 0
    assert remote.show("main:other.yaml") == OTHER
    assert remote.show("main:alpine.yaml") == STOPPED


def test_a_batch_is_taken_back_whole_or_not_at_all(remote: Remote, responder: Responder) -> None:
    other = {**shell(**{"k8s.pod.name": "other-77789455d6-m7flp"}), "id": "6c3f"}
    sha = responder.dispatch(shell(), other).outputs["commit"]
    scaled = OTHER.replace(b"replicas: 2  #", b"replicas: 1  #")
    remote.commit({"other.yaml": scaled})
    result = responder.restore(commit=sha)
    assert result.code == exit_codes.FAILED
    assert "other.yaml: spec.replicas was changed since the response" in result.log
    assert remote.show("main:alpine.yaml") == STOPPED
    assert remote.show("main:other.yaml") == scaled
    assert responder.restore(commit=sha, force="true").code == 0
    assert remote.show("main:alpine.yaml") == ALPINE
    assert remote.show("main:other.yaml") == OTHER


def test_what_others_changed_in_the_file_since_stays(remote: Remote, responder: Responder) -> None:
    sha = responder.dispatch(shell()).outputs["commit"]
    remote.commit({"alpine.yaml": STOPPED.replace(b"image: alpine", b"image: alpine:3.22")})
    assert responder.restore(commit=sha).code == 0
    assert remote.show("main:alpine.yaml") == ALPINE.replace(b"image: alpine", b"image: alpine:3.22")


def test_the_second_time_it_is_restored_already(remote: Remote, responder: Responder) -> None:
    sha = responder.dispatch(shell()).outputs["commit"]
    responder.restore(commit=sha)
    commits = remote.log("%H")
    result = responder.restore(commit=sha)
    assert (result.code, result.outputs["changed"]) == (0, "false")
    assert "restored already" in result.summary
    assert remote.log("%H") == commits


def test_the_last_response_to_a_workload_is_the_one_that_is_meant(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    responder.restore(event="5b2e")
    remote.commit({"alpine.yaml": ALPINE.replace(b"replicas: 2", b"replicas: 3")})
    responder.dispatch({**shell(), "id": "7d40"})
    assert responder.restore(workload="Deployment default/alpine-deployment").code == 0
    assert remote.show("main:alpine.yaml") == ALPINE.replace(b"replicas: 2", b"replicas: 3")


def test_a_dry_run_shows_and_pushes_nothing(remote: Remote, responder: Responder) -> None:
    sha = responder.dispatch(shell()).outputs["commit"]
    result = responder.restore(commit=sha, mode="dry-run")
    assert (result.code, result.outputs["changed"]) == (0, "false")
    assert "+  replicas: 2  # one for each zone" in result.summary
    assert remote.show("main:alpine.yaml") == STOPPED


@pytest.mark.parametrize(
    ("inputs", "code", "message"),
    [
        pytest.param({}, exit_codes.BAD_INPUT, "by one of the inputs commit, event and workload", id="nothing"),
        pytest.param({"commit": "abcdef0", "event": "1"}, exit_codes.BAD_INPUT, "by one of the inputs", id="two"),
        pytest.param({"commit": "HEAD~1"}, exit_codes.BAD_INPUT, "input commit is no SHA", id="a revision"),
        pytest.param({"commit": "--output=x"}, exit_codes.BAD_INPUT, "input commit is no SHA", id="an option"),
        pytest.param({"workload": "web"}, exit_codes.BAD_INPUT, "Deployment NAMESPACE/NAME", id="a bare name"),
        pytest.param({"commit": "0123456789"}, exit_codes.FAILED, "no response is recorded", id="an unknown commit"),
        pytest.param({"event": "::error::x\n%0A"}, exit_codes.FAILED, "no response is recorded", id="a hostile event"),
        pytest.param(
            {"workload": "Deployment default/x"}, exit_codes.FAILED, "no response is recorded", id="a stranger"
        ),
    ],
)
def test_what_is_not_there_to_restore_is_said(
    remote: Remote, responder: Responder, inputs: dict[str, str], code: int, message: str
) -> None:
    responder.dispatch(shell())
    result = responder.restore(**inputs)
    assert (result.code, message in result.log) == (code, True), result.log
    assert remote.show("main:alpine.yaml") == STOPPED


def test_a_commit_that_only_looks_like_a_response_is_not_believed(remote: Remote, responder: Responder) -> None:
    previous = '{"file":"../../outside","document":0,"path":[],"value":1}'
    remote.commit(
        {"x": b"y"},
        "Stop it\n\nFalco-Rule: a\nFalco-Priority: Notice\nCloudEvent-Id: evil\nCloudEvent-Source: s\n"
        f"Response: stop Deployment a/b\nPrevious: {previous}",
    )
    result = responder.restore(event="evil")
    assert result.code == exit_codes.FAILED
    assert "names a place that this action would not" in result.log


HALF = "x\n\nFalco-Rule: y\nCloudEvent-Id: z\n"
FORGED = (
    "Stop it\n\nFalco-Rule: a\nFalco-Priority: Notice\nCloudEvent-Id: 5b2e\nCloudEvent-Source: s\n"
    "Response: stop Deployment default/alpine-deployment\n"
    'Previous: {"file":"other.yaml","document":0,"path":["spec","replicas"],"value":7}\n'
)


@pytest.mark.parametrize(
    ("message", "warning"),
    [
        pytest.param(HALF, "is passed over: a response in the history lacks the trailer", id="half a record"),
        pytest.param(FORGED, "this action did not make it", id="a forged record"),
        pytest.param(
            FORGED + "Previous: " + "[" * 100_000 + "\n", "is none that this action writes", id="endless JSON"
        ),
    ],
)
@pytest.mark.parametrize("selection", [{"event": "5b2e"}, {"workload": "Deployment default/alpine-deployment"}])
def test_a_commit_that_the_action_did_not_make_does_not_keep_older_ones_from_being_undone(
    remote: Remote, responder: Responder, message: str, warning: str, selection: dict[str, str]
) -> None:
    responder.dispatch(shell())
    remote.commit({"other.yaml": OTHER + b"# changed\n"}, message)
    result = responder.restore(**selection)
    assert result.code == 0, result.log
    assert "::warning::" in result.log
    assert warning in result.log
    assert remote.show("main:alpine.yaml") == ALPINE
    assert remote.show("main:other.yaml") == OTHER + b"# changed\n"


def test_half_a_record_that_a_person_names_is_an_error(remote: Remote, responder: Responder) -> None:
    remote.commit({"other.yaml": OTHER + b"# changed\n"}, HALF)
    result = responder.restore(commit=remote.log("%H")[0])
    assert result.code == exit_codes.FAILED
    assert "lacks the trailer" in result.log
    assert "is passed over" not in result.log


def test_a_workload_is_meant_by_its_whole_kind() -> None:
    responses = [
        RecordedResponse(rule="r", event_id="1", event_source="s", response=f"stop {kind} shop/web")
        for kind in ("CronJob", "Job")
    ]
    assert Selection(workload="Job shop/web").pick("a" * 40, responses) == responses[1:]


def test_a_commit_that_a_person_names_is_undone_whoever_made_it(remote: Remote, responder: Responder) -> None:
    stopped = OTHER.replace(b"replicas: 2  #", b"replicas: 0  #")
    remote.commit({"other.yaml": stopped}, FORGED.replace("7}", "2}"))
    assert responder.restore(commit=remote.log("%H")[0]).code == 0
    assert remote.show("main:other.yaml") == OTHER


def test_a_file_that_no_record_says_was_added_is_not_deleted(remote: Remote, responder: Responder) -> None:
    message = FORGED.replace("other.yaml", "valuable.yaml").replace("7}", "2}")
    remote.commit({"valuable.yaml": b"spec: {replicas: 2}\n"}, message)
    result = responder.restore(commit=remote.log("%H")[0])
    assert result.code == exit_codes.FAILED
    assert "valuable.yaml is not recorded as a file that the response added" in result.log
    assert remote.show("main:valuable.yaml") == b"spec: {replicas: 2}\n"


def test_a_merge_that_a_person_names_is_not_undone(remote: Remote, responder: Responder) -> None:
    root = remote.checkout().root
    command("git", "checkout", "--quiet", "-b", "topic", cwd=root)
    command("git", "commit", "--quiet", "--allow-empty", "--message=x", cwd=root)
    command("git", "checkout", "--quiet", "main", cwd=root)
    command("git", "merge", "--quiet", "--no-ff", f"--message={FORGED}", "topic", cwd=root)
    command("git", "push", "--quiet", "origin", "main", cwd=root)
    result = responder.restore(commit=remote.log("%H")[0])
    assert (result.code, "has 2 parents" in result.log) == (exit_codes.FAILED, True)


def test_events_whose_long_ids_begin_alike_are_distinguished(remote: Remote, responder: Responder) -> None:
    ids = [f"{'i' * 290}{'x' * 9}{number}" for number in range(2)]
    responder.dispatch({**shell(), "id": ids[0]})
    responder.dispatch({**shell(**{"k8s.pod.name": "other-77789455d6-m7flp"}), "id": ids[1]})
    assert responder.restore(event=ids[0]).code == 0
    assert remote.show("main:alpine.yaml") == ALPINE
    assert remote.show("main:other.yaml") != OTHER


@pytest.mark.parametrize("name", ["a b ", "@team #1", "x\u2028y", '"quoted"'])
def test_an_event_is_found_by_its_id_as_the_commit_shows_it(remote: Remote, responder: Responder, name: str) -> None:
    responder.dispatch({**shell(), "id": name})
    trailers = dict(line.split(": ", 1) for line in remote.log("%(trailers:only)")[:7])
    assert trailers["CloudEvent-Id"].startswith('"')
    assert responder.restore(event=trailers["CloudEvent-Id"]).code == 0
    assert remote.show("main:alpine.yaml") == ALPINE
