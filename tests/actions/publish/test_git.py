import socket
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from responder.errors import EditRefused, GitFailed, PushLost, PushRefused
from responder.publish.git import Git
from tests.actions.conftest import NewRemote, Remote, command

WEB = PurePosixPath("web.yaml")


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote({"web.yaml": b"replicas: 2\n", "other.yaml": b"a: 1\n"})


def commit(git: Git, files: Mapping[PurePosixPath, bytes | None], message: str = "Stop web\n") -> str:
    return git.commit(git.draft(files), message)


def test_a_commit_holds_the_given_paths_alone(remote: Remote) -> None:
    git = remote.checkout()
    (git.root / "other.yaml").write_bytes(b"a: 2\n")
    (git.root / "staged.yaml").write_bytes(b"a: 3\n")
    command("git", "add", "--all", cwd=git.root)
    git.push(commit(git, {WEB: b"replicas: 0\n"}), "main")
    assert remote.show("main:web.yaml") == b"replicas: 0\n"
    assert remote.show("main:other.yaml") == b"a: 1\n"
    assert remote.git_files() == ["other.yaml", "web.yaml"]


def test_a_pushed_commit_is_checked_out_and_other_changes_in_the_checkout_stay(remote: Remote) -> None:
    git = remote.checkout()
    (git.root / "other.yaml").write_bytes(b"a: 2\n")
    sha = commit(git, {WEB: b"replicas: 0\n"})
    git.push(sha, "main")
    assert git.head() == sha
    assert (git.root / "web.yaml").read_bytes() == b"replicas: 0\n"
    assert (git.root / "other.yaml").read_bytes() == b"a: 2\n"
    assert command("git", "status", "--short", cwd=git.root) == b" M other.yaml\n"


def test_a_commit_is_the_actions_own_whatever_the_environment_says(remote: Remote) -> None:
    git = remote.checkout()
    sha = commit(git, {WEB: b"replicas: 0\n"})
    git.push(sha, "main")
    assert remote.log("%H %an %cn")[0] == f"{sha} falco-dispatch falco-dispatch"


def test_crlf_and_missing_final_newline_are_committed_as_they_are(remote: Remote) -> None:
    git = remote.checkout()
    git.push(commit(git, {WEB: b"a: 1\r\nreplicas: 0"}), "main")
    assert remote.show("main:web.yaml") == b"a: 1\r\nreplicas: 0"


def test_an_executable_file_stays_executable(remote: Remote) -> None:
    git = remote.checkout()
    command("git", "update-index", "--chmod=+x", "web.yaml", cwd=git.root)
    command("git", "commit", "--quiet", "--message=x", cwd=git.root)
    draft = git.draft({WEB: b"replicas: 0\n"})
    assert command("git", "ls-tree", draft.tree, "web.yaml", cwd=git.root).startswith(b"100755 blob")


def test_the_diff_is_that_of_the_given_files_alone(remote: Remote) -> None:
    git = remote.checkout()
    (git.root / "other.yaml").write_bytes(b"a: 2\n")
    diff = git.diff(git.draft({WEB: b"replicas: 0\n"}))
    assert "-replicas: 2\n+replicas: 0\n" in diff
    assert "other.yaml" not in diff


def test_a_push_after_somebody_elses_is_lost_and_works_again_from_the_new_tip(remote: Remote) -> None:
    git = remote.checkout()
    sha = commit(git, {WEB: b"replicas: 0\n"})
    remote.commit({"other.yaml": b"a: 2\n"}, "Somebody else's change")
    with pytest.raises(PushLost):
        git.push(sha, "main")

    git.reset_to_tip("main")
    assert (git.root / "web.yaml").read_bytes() == b"replicas: 2\n"
    assert (git.root / "other.yaml").read_bytes() == b"a: 2\n"
    git.push(commit(git, {WEB: b"replicas: 0\n"}), "main")
    assert remote.log("%s")[:2] == ["Stop web", "Somebody else's change"]


def test_a_refused_push_says_what_the_remote_said(remote: Remote) -> None:
    git = remote.checkout()
    remote.refuse_pushes("GH013: Repository rule violations found for refs/heads/main")
    sha = commit(git, {WEB: b"replicas: 0\n"})
    with pytest.raises(PushRefused, match="GH013"):
        git.push(sha, "main")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        pytest.param("vendor/web.yaml", "is in vendor, a submodule", id="in a submodule"),
        pytest.param("vendor", "is a submodule or a symbolic link", id="a submodule"),
        pytest.param("link.yaml", "is a submodule or a symbolic link", id="a link"),
        pytest.param("folder", "is a folder", id="a folder"),
        pytest.param("web.yaml/x.yaml", "is in web.yaml, a file", id="below a file"),
        pytest.param("untracked.yaml", "is not part of the commit", id="untracked"),
        pytest.param("gone.yaml", "missing in the checkout", id="missing"),
        pytest.param("other.yaml", "has changes in the checkout", id="changed"),
    ],
)
def test_a_path_that_cannot_be_committed_is_refused_with_the_reason(remote: Remote, path: str, reason: str) -> None:
    remote.commit({"folder/x.yaml": b"1\n", "gone.yaml": b"1\n"})
    git = remote.checkout()
    (git.root / "link.yaml").symlink_to("web.yaml")
    command("git", "add", "link.yaml", cwd=git.root)
    command("git", "update-index", "--add", "--cacheinfo", f"160000,{git.head()},vendor", cwd=git.root)
    command("git", "commit", "--quiet", "--message=x", cwd=git.root)
    (git.root / "untracked.yaml").write_bytes(b"1\n")
    (git.root / "other.yaml").write_bytes(b"a: 2\n")
    (git.root / "gone.yaml").unlink()
    with pytest.raises(EditRefused, match=reason):
        git.draft({PurePosixPath(path): b"x\n"})


def test_a_failing_command_is_an_error_of_our_own(remote: Remote) -> None:
    with pytest.raises(GitFailed, match="git fetch failed"):
        remote.checkout().reset_to_tip("no-such-branch")


def test_a_remote_that_says_nothing_does_not_hold_the_run(remote: Remote) -> None:
    git = replace(remote.checkout(), time_limit=1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/acme/state.git"
        command("git", "remote", "set-url", "origin", address, cwd=git.root)
        started = time.monotonic()
        with pytest.raises(GitFailed, match="git fetch failed: it took more than 1 seconds"):
            git.reset_to_tip("main")
        # The helper for the transport has ended too, so its end of the connection is closed.
        connection, _ = silent.accept()
        with connection:
            connection.settimeout(10)
            while connection.recv(4096):
                continue
    assert time.monotonic() - started < 10


def test_a_file_that_a_commit_lacks_is_absent(remote: Remote) -> None:
    git = remote.checkout()
    assert git.show("HEAD", WEB) == b"replicas: 2\n"
    assert git.show("HEAD", PurePosixPath("absent.yaml")) is None
    with pytest.raises(GitFailed):
        git.show("0" * 40, WEB)


def test_changes_that_touch_are_no_merge_and_what_cannot_be_merged_is_an_error(remote: Remote) -> None:
    git = remote.checkout()
    assert git.merge(b"a\n1\nb\nc\n2\n", b"a\n0\nb\nc\n2\n", b"a\n0\nb\nc\n3\n") == b"a\n1\nb\nc\n3\n"
    assert git.merge(b"1\n", b"2\n", b"3\n") is None
    with pytest.raises(GitFailed, match="binary"):
        git.merge(b"\0", b"2\n", b"3\n")
