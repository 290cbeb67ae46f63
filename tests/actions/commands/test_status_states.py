"""What becomes of a response in a real history: in force, undone by hand, restored, and by which commit."""

import json
from pathlib import Path

import pytest

from tests.actions.commands.contained import OTHER, RULES, committed, document, states
from tests.actions.conftest import NewRemote, Remote, command
from tests.actions.runs import ALPINE, STOPPED, Responder, shell


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote({"alpine.yaml": ALPINE, "other.yaml": OTHER, ".github/falco-response.yaml": RULES})


@pytest.fixture
def responder(remote: Remote, tmp_path: Path) -> Responder:
    return Responder(remote, tmp_path)


def test_a_restored_response_is_restored_by_the_commit_that_did_it(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    sha = responder.restore(event="5b2e").outputs["commit"]
    content = document(responder)
    (response,) = content["responses"]
    assert (response["state"], response["ended-by"], response["undo"]) == ("restored", sha, None)
    assert response["until"] == committed(remote, sha)
    assert (content["contained"], content["median-seconds"]) == (0, response["seconds"])


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"alpine.yaml": ALPINE}, id="as it was"),
        pytest.param({"alpine.yaml": STOPPED.replace(b"replicas: 0", b"replicas: 1")}, id="to another value"),
        pytest.param({"alpine.yaml": b"# nothing\n"}, id="with its object"),
    ],
)
def test_what_somebody_changed_back_is_undone_by_hand_with_their_commit(
    remote: Remote, responder: Responder, files: dict[str, bytes]
) -> None:
    responder.dispatch(shell())
    remote.commit({"alpine.yaml": STOPPED + b"# a remark\n"}, "Add a remark")
    remote.commit(files, "Start it again")
    sha = remote.log("%H")[0]
    remote.commit({"alpine.yaml": next(iter(files.values())) + b"# another remark\n"}, "Add another remark")
    (response,) = document(responder)["responses"]
    assert (response["state"], response["ended-by"], response["ended-by-author"]) == (
        "undone by hand",
        sha,
        "Somebody",
    )
    assert response["until"] == committed(remote, sha)


def test_a_deleted_file_is_undone_by_hand(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    remove(remote, "alpine.yaml")
    assert states(responder) == [("alpine-deployment", "undone by hand")]


def remove(remote: Remote, *names: str) -> None:
    root = remote.checkout().root
    command("git", "rm", "--quiet", *names, cwd=root)
    command("git", "commit", "--quiet", "--message=Remove", cwd=root)
    command("git", "push", "--quiet", "origin", "HEAD:main", cwd=root)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"alpine.yaml": STOPPED.replace(b"image: alpine", b"image: alpine:3.22")}, id="another field"),
        pytest.param({"alpine.yaml": OTHER + b"---\n" + STOPPED}, id="a document before it"),
        pytest.param({"alpine.yaml": b"# A remark\n" + STOPPED}, id="a remark"),
    ],
)
def test_work_of_others_in_the_same_file_ends_nothing(
    remote: Remote, responder: Responder, files: dict[str, bytes]
) -> None:
    responder.dispatch(shell())
    remote.commit(files)
    assert states(responder) == [("alpine-deployment", "in force")]


def test_a_file_that_has_moved_is_followed(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    root = remote.checkout().root
    (root / "apps").mkdir()
    command("git", "mv", "alpine.yaml", "apps/alpine.yaml", cwd=root)
    command("git", "commit", "--quiet", "--message=Move it", cwd=root)
    command("git", "push", "--quiet", "origin", "HEAD:main", cwd=root)
    assert states(responder) == [("alpine-deployment", "in force")]


def test_a_file_that_is_no_yaml_any_more_is_unclear_and_counts(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    remote.commit({"alpine.yaml": STOPPED.replace(b"spec:", b"spec: {{ x }}")})
    result = responder.status()
    assert (result.outputs["contained"], json.loads(result.outputs["responses"])[0]["state"]) == ("1", "unclear")
    assert "only a person can tell" in result.summary


def test_undone_and_contained_again_is_one_in_force_and_one_undone(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    remote.commit({"alpine.yaml": ALPINE})
    responder.dispatch({**shell(), "id": "7d40"})
    content = document(responder)
    assert [(row["event"], row["state"]) for row in content["responses"]] == [
        ("7d40", "in force"),
        ("5b2e", "undone by hand"),
    ]
    assert content["responses"][1]["ended-by"] == remote.log("%H")[1]


def test_restored_and_contained_again_is_one_in_force_and_one_restored(responder: Responder) -> None:
    responder.dispatch(shell())
    responder.restore(event="5b2e")
    responder.dispatch({**shell(), "id": "7d40"})
    assert [state for _, state in states(responder)] == ["in force", "restored"]


def test_a_response_that_a_merge_brought_in_counts_from_the_merge(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    root = remote.checkout().root
    for arguments in (
        ["branch", "topic"],
        ["reset", "--quiet", "--hard", "HEAD~1"],
        ["commit", "--quiet", "--allow-empty", "--message=Meanwhile"],
        ["merge", "--quiet", "--no-ff", "--message=Merge it", "topic"],
        ["push", "--quiet", "--force", "origin", "HEAD:main"],
    ):
        command("git", *arguments, cwd=root)
    merge = remote.log("%H")[0]
    (response,) = document(responder)["responses"]
    assert (response["state"], response["since"]) == ("in force", committed(remote, merge))
