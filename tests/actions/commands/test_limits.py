"""The hourly limit, counted in the history of a real remote repository."""

from pathlib import Path, PurePosixPath

from tests.actions.conftest import NewRemote, command
from tests.actions.runs import ALPINE, STOPPED, Responder, shell

LIMITED = b"""\
version: 1
limits: {responses-per-hour: 1}
rules: [{name: all, match: {rules: ['*']}, respond: [stop]}]
"""
OTHER = ALPINE.replace(b"alpine-deployment", b"other")


def test_over_the_hourly_limit_nothing_is_committed_and_the_event_is_there_to_paste(
    new_remote: NewRemote, tmp_path: Path
) -> None:
    remote = new_remote({"alpine.yaml": ALPINE, "other.yaml": OTHER, ".github/falco-response.yaml": LIMITED})
    responder = Responder(remote, tmp_path)
    assert responder.dispatch(shell()).code == 0
    again = shell(**{"k8s.pod.name": "other-77789455d6-m7flp"})
    result = responder.dispatch(again)
    assert (result.code, result.responses[0]["verdict"]) == (1, "refused")
    assert "limits.responses-per-hour is 1" in result.responses[0]["reason"]
    assert remote.show("main:other.yaml") == OTHER
    pasted = result.summary.partition("### To run by hand")[2].partition("```json\n")[2].partition("\n```")[0]
    remote.commit({".github/falco-response.yaml": LIMITED.replace(b"hour: 1", b"hour: 2")})
    assert responder.run({"inputs": {"event": pasted}}).code == 0
    assert remote.show("main:other.yaml") == OTHER.replace(b"replicas: 2  #", b"replicas: 0  #")


def test_the_limit_counts_within_a_batch_too_and_in_place_costs_nothing(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"alpine.yaml": ALPINE, "other.yaml": OTHER, ".github/falco-response.yaml": LIMITED})
    others = shell(**{"k8s.pod.name": "other-77789455d6-m7flp"})
    result = Responder(remote, tmp_path).dispatch(shell(), {**shell(), "id": "2"}, {**others, "id": "3"})
    assert [response["verdict"] for response in result.responses] == ["contained", "in place", "refused"]
    assert result.code == 1


def test_a_limit_of_nothing_stops_all_responses(new_remote: NewRemote, tmp_path: Path) -> None:
    rules = LIMITED.replace(b"hour: 1", b"hour: 0")
    remote = new_remote({"alpine.yaml": ALPINE, ".github/falco-response.yaml": rules})
    assert Responder(remote, tmp_path).dispatch(shell()).code == 1
    assert remote.show("main:alpine.yaml") == ALPINE


FORGED = "Fix a typo\n\n" + "Falco-Rule: x\n" * 20
TWO_CLUSTERS = b"""\
version: 1
limits: {responses-per-hour: 1%s}
clusters: {prod: {path: prod}, staging: {path: staging}}
rules: [{name: all, match: {rules: ['*']}, respond: [stop]}]
"""


def in_cluster(name: str) -> dict[str, object]:
    return {**shell(), "cluster": name, "id": name}


def test_a_commit_of_a_person_that_looks_like_responses_does_not_count(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"alpine.yaml": ALPINE, ".github/falco-response.yaml": LIMITED})
    remote.commit({"typo.txt": b"x"}, FORGED)
    assert Responder(remote, tmp_path).dispatch(shell()).code == 0
    assert remote.show("main:alpine.yaml") == STOPPED


def test_responses_in_one_cluster_do_not_refuse_those_in_another(new_remote: NewRemote, tmp_path: Path) -> None:
    rules = {".github/falco-response.yaml": TWO_CLUSTERS % b""}
    remote = new_remote({"prod/alpine.yaml": ALPINE, "prod/other.yaml": OTHER, "staging/alpine.yaml": ALPINE, **rules})
    responder = Responder(remote, tmp_path)
    assert responder.dispatch(in_cluster("prod")).code == 0
    assert responder.dispatch(in_cluster("staging")).code == 0
    other = {**in_cluster("prod"), "data": shell(**{"k8s.pod.name": "other-77789455d6-m7flp"})["data"]}
    result = responder.dispatch(other)
    assert (result.code, "in cluster prod within the hour" in result.responses[0]["reason"]) == (1, True)


def test_the_commits_of_the_action_count_in_the_next_run_by_namespace_too(
    new_remote: NewRemote, tmp_path: Path
) -> None:
    rules = LIMITED.replace(b"hour: 1", b"hour: 1, per: namespace")
    elsewhere = ALPINE.replace(b"namespace: default", b"namespace: elsewhere")
    assert elsewhere != ALPINE
    files = {"alpine.yaml": ALPINE, "other.yaml": OTHER, "elsewhere.yaml": elsewhere}
    remote = new_remote({**files, ".github/falco-response.yaml": rules})
    responder = Responder(remote, tmp_path)
    assert responder.dispatch(shell()).code == 0
    assert responder.dispatch(shell(**{"k8s.ns.name": "elsewhere"})).code == 0
    assert responder.dispatch(shell(**{"k8s.pod.name": "other-77789455d6-m7flp"})).code == 1


def test_a_response_whose_id_git_once_stripped_counts_and_can_be_undone(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"alpine.yaml": ALPINE, "other.yaml": OTHER, ".github/falco-response.yaml": LIMITED})
    git, responder = remote.checkout(), Responder(remote, tmp_path)
    message = (
        "Stop Deployment default/alpine-deployment\n\nFalco-Rule: a\nFalco-Priority: Notice\nCloudEvent-Id:\n"
        "CloudEvent-Source: s\nResponse: stop Deployment default/alpine-deployment\n"
        'Previous: {"file":"alpine.yaml","document":0,"path":["spec","replicas"],"value":2}\nCluster: prod\n'
    )
    git.push(git.commit(git.draft({PurePosixPath("alpine.yaml"): STOPPED}), message), "main")
    assert responder.dispatch(shell(**{"k8s.pod.name": "other-77789455d6-m7flp"})).code == 1
    assert responder.restore(workload="Deployment default/alpine-deployment").code == 0
    assert remote.show("main:alpine.yaml") == ALPINE


def test_a_cherry_pick_of_a_response_by_a_person_does_not_count(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"alpine.yaml": ALPINE, "other.yaml": OTHER, ".github/falco-response.yaml": LIMITED})
    responder = Responder(remote, tmp_path)
    sha = responder.dispatch(shell()).outputs["commit"]
    root = remote.checkout().root
    command("git", "reset", "--quiet", "--hard", "HEAD~1", cwd=root)
    command("git", "commit", "--quiet", "--allow-empty", "--message=x", cwd=root)
    command("git", "cherry-pick", sha, cwd=root)
    command("git", "push", "--quiet", "--force", "origin", "HEAD:main", cwd=root)
    assert responder.dispatch(shell(**{"k8s.pod.name": "other-77789455d6-m7flp"})).code == 0
    assert responder.restore(workload="Deployment default/alpine-deployment").code == 0
    assert remote.show("main:alpine.yaml") == ALPINE
