"""Reading commits, and which of them this action made."""

import subprocess
import time
from pathlib import Path, PurePosixPath

import pytest

from responder.errors import GitFailed
from responder.publish import commit_object, history
from responder.publish.commit_object import Commit
from responder.publish.git import Git
from tests.actions.conftest import ENVIRON, NewRemote, Remote, command

ACTION = "falco-dispatch <41898282+github-actions[bot]@users.noreply.github.com>"
BOT = "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>"
APP = "containment[bot] <1234+containment[bot]@users.noreply.github.com>"
GITHUB = "GitHub <noreply@github.com>"
PERSON = "Somebody <somebody@example.com>"


def shallow(remote: Remote, root: Path) -> Git:
    command("git", "clone", "--quiet", "--depth=1", f"file://{remote.path}", str(root))
    return Git(root=root, environ=ENVIRON)


def test_a_shallow_checkout_is_deepened_as_far_as_the_time_asks(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"a": b"1"})
    for number in range(3):
        remote.commit({"a": str(number).encode()}, f"Change {number}")
    git = shallow(remote, tmp_path / "shallow")
    assert [commit.message.strip() for commit in history.commits_since(git, 0, "main")] == [
        "Change 2",
        "Change 1",
        "Change 0",
        "Describe the desired state",
    ]


def test_commits_of_before_the_moment_are_left_out(new_remote: NewRemote) -> None:
    git = new_remote({"a": b"1"}).checkout()
    commit = ["git", "commit", "--quiet", "--allow-empty"]
    old = {**ENVIRON, "GIT_COMMITTER_DATE": "@1000000000 +0000"}
    subprocess.run([*commit, "--message=Old", "--amend"], cwd=git.root, env=old, check=True)
    subprocess.run([*commit, "--message=New"], cwd=git.root, env=ENVIRON, check=True)
    messages = [commit.message.strip() for commit in history.commits_since(git, time.time() - 3600, "main")]
    assert messages == ["New"]


def test_the_whole_history_of_a_shallow_checkout_is_fetched(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"a": b"1"})
    remote.commit({"a": b"2"}, "Change it")
    commits = list(history.all_commits(shallow(remote, tmp_path / "shallow")))
    assert [commit.sha for commit in commits] == remote.log("%H")


def test_nothing_is_fetched_where_the_last_commit_is_old_enough(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"a": b"1"})
    git = shallow(remote, tmp_path / "shallow")
    remote.path.rename(tmp_path / "gone")
    assert list(history.commits_since(git, time.time() + 60, "main")) == []


def test_what_a_merge_brings_in_was_not_pushed_to_the_branch(new_remote: NewRemote) -> None:
    git = new_remote({"a": b"1"}).checkout()
    for arguments in (
        ["checkout", "--quiet", "-b", "topic"],
        ["commit", "--quiet", "--allow-empty", "--message=On the topic"],
        ["checkout", "--quiet", "main"],
        ["merge", "--quiet", "--no-ff", "--message=Merge it", "topic"],
    ):
        command("git", *arguments, cwd=git.root)
    pushed = [commit.message.strip() for commit in history.commits_since(git, 0, "main")]
    assert pushed == ["Merge it", "Describe the desired state"]
    assert "On the topic" in [commit.message.strip() for commit in history.all_commits(git)]


def test_every_commit_of_a_long_history_is_read_once(new_remote: NewRemote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_BATCH", 2)
    remote = new_remote({"a": b"1"})
    for number in range(4):
        remote.commit({"a": str(number).encode()}, f"Change {number}")
    commits = list(history.all_commits(remote.checkout()))
    assert [commit.sha for commit in commits] == remote.log("%H")


def test_a_commit_that_the_checkout_replaces_is_read_as_it_is(new_remote: NewRemote) -> None:
    git = new_remote({"a": b"1"}).checkout()
    forged = command("git", "commit-tree", "HEAD^{tree}", "-m", "Forged", cwd=git.root).decode().strip()
    command("git", "replace", "HEAD", forged, cwd=git.root)
    assert [commit.message.strip() for commit in history.all_commits(git)] == ["Describe the desired state"]


def test_a_commit_that_is_missing_is_an_error(new_remote: NewRemote) -> None:
    with pytest.raises(GitFailed, match="missing"):
        history.read_commit(new_remote({"a": b"1"}).checkout(), "c" * 40)


def test_what_the_action_commits_is_read_as_the_actions_own(new_remote: NewRemote) -> None:
    git = new_remote({"a": b"1"}).checkout()
    sha = git.commit(git.draft({PurePosixPath("a"): b"2"}), "Ünïcode\n\nA: b\n")
    commit = history.read_commit(git, sha)
    assert (commit.author, commit.committer, commit.is_by_action) == (ACTION, ACTION, True)
    assert commit.message == "Ünïcode\n\nA: b\n"
    assert commit.parents == (git.head(),)


def commit_of(author: str, committer: str, *, parents: int, is_signed: bool) -> Commit:
    """Return a commit as it is read from what git stores."""
    lines = [f"tree {'a' * 40}", *[f"parent {'b' * 40}"] * parents, f"author {author} 1 +0000"]
    lines += [f"committer {committer} 1 +0000"]
    if is_signed:
        lines += ["gpgsig -----BEGIN PGP SIGNATURE-----", " ", f" author {PERSON} 1 +0000"]
    return commit_object.parse("c" * 40, ("\n".join(lines) + "\n\nStop it\n").encode())


@pytest.mark.parametrize(
    ("author", "committer", "parents", "is_signed", "is_by_action"),
    [
        pytest.param(ACTION, ACTION, 1, False, True, id="pushed by the action"),
        pytest.param(BOT, GITHUB, 1, True, True, id="made by GitHub for the workflow's token"),
        pytest.param(APP, GITHUB, 1, True, True, id="made by GitHub for an App"),
        pytest.param(BOT, GITHUB, 1, False, False, id="not signed"),
        pytest.param(PERSON, GITHUB, 1, True, False, id="a person's squash merge"),
        pytest.param(ACTION, GITHUB, 1, True, False, id="a rebase of anybody's commit"),
        pytest.param(ACTION, PERSON, 1, False, False, id="cherry-picked by a person"),
        pytest.param(PERSON, ACTION, 1, False, False, id="another author"),
        pytest.param(PERSON, PERSON, 1, False, False, id="a person's"),
        pytest.param(ACTION, ACTION, 2, False, False, id="a merge"),
        pytest.param(ACTION, ACTION, 0, False, False, id="without a parent"),
        pytest.param("x[bot] <x@example.com>", GITHUB, 1, True, False, id="no address of a bot"),
    ],
)
def test_only_commits_of_the_action_are_its_own(
    author: str, committer: str, parents: int, is_signed: bool, is_by_action: bool
) -> None:
    commit = commit_of(author, committer, parents=parents, is_signed=is_signed)
    assert commit.is_by_action is is_by_action
    assert commit.message == "Stop it\n"


@pytest.mark.parametrize(
    ("author", "committer", "parents", "is_of_action"),
    [
        pytest.param(ACTION, ACTION, 1, True, id="pushed by the action"),
        pytest.param(ACTION, PERSON, 1, True, id="cherry-picked by a person"),
        pytest.param(ACTION, GITHUB, 1, True, id="rebased by GitHub"),
        pytest.param(ACTION, ACTION, 2, False, id="a merge"),
        pytest.param(ACTION, PERSON, 0, False, id="without a parent"),
        pytest.param(PERSON, ACTION, 1, False, id="another author"),
        pytest.param(BOT, PERSON, 1, False, id="of a bot, by a person"),
    ],
)
def test_a_commit_of_the_action_stays_one_when_a_person_moves_it(
    author: str, committer: str, parents: int, is_of_action: bool
) -> None:
    assert commit_of(author, committer, parents=parents, is_signed=True).is_of_action is is_of_action


def test_a_message_in_another_encoding_is_decoded() -> None:
    head = f"tree x\nauthor {ACTION} 1 +0000\ncommitter {ACTION} 1 +0000\nencoding "
    assert commit_object.parse("c", head.encode() + b"ISO-8859-1\n\n\xfc\n").message == "ü\n"
    assert commit_object.parse("c", head.encode() + b"no-such-encoding\n\nx\n").message == "x\n"


@pytest.mark.parametrize("encoding", ["undefined", "idna", "punycode", "\0", "hex", "x" * 5000])
def test_a_commit_with_a_hostile_encoding_is_read(encoding: str) -> None:
    head = f"tree x\nauthor {ACTION} 1 +0000\ncommitter {ACTION} 1 +0000\nencoding {encoding}\n\n"
    assert commit_object.parse("c", head.encode() + b"x\xff\xfe\n").message.startswith("x")


def test_a_commit_without_an_author_is_not_the_actions_own() -> None:
    assert not commit_object.parse("c", f"tree x\nparent {'b' * 40}\n\nx\n".encode()).is_of_action
