import socket
import time
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from responder.errors import GitFailed, PushLost, PushRefused
from responder.publish.git import Git
from tests.actions.conftest import ENVIRON, NewRemote, Remote, command

WEB = PurePosixPath("web.yaml")


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote({"web.yaml": b"replicas: 2\n", "other.yaml": b"a: 1\n"})


def test_a_commit_holds_the_given_paths_alone(remote: Remote) -> None:
    git = remote.checkout()
    (git.root / "web.yaml").write_bytes(b"replicas: 0\n")
    (git.root / "other.yaml").write_bytes(b"a: 2\n")
    git.commit([WEB], "Stop web\n")
    git.push("main")
    assert remote.show("main:web.yaml") == b"replicas: 0\n"
    assert remote.show("main:other.yaml") == b"a: 1\n"


def test_a_commit_is_the_actions_own_whatever_the_environment_says(remote: Remote) -> None:
    git = remote.checkout()
    (git.root / "web.yaml").write_bytes(b"replicas: 0\n")
    sha = git.commit([WEB], "Stop web\n")
    git.push("main")
    assert remote.log("%H %an %cn")[0] == f"{sha} falco-dispatch falco-dispatch"


def test_crlf_and_missing_final_newline_are_committed_as_they_are(remote: Remote) -> None:
    git = remote.checkout()
    (git.root / "web.yaml").write_bytes(b"a: 1\r\nreplicas: 0")
    git.commit([WEB], "Stop web\n")
    git.push("main")
    assert remote.show("main:web.yaml") == b"a: 1\r\nreplicas: 0"


def test_the_diff_is_that_of_the_given_paths_in_the_work_tree(remote: Remote) -> None:
    git = remote.checkout()
    (git.root / "web.yaml").write_bytes(b"replicas: 0\n")
    (git.root / "other.yaml").write_bytes(b"a: 2\n")
    diff = git.diff([WEB])
    assert "-replicas: 2\n+replicas: 0\n" in diff
    assert "other.yaml" not in diff


def test_a_push_after_somebody_elses_is_lost_and_works_again_from_the_new_tip(remote: Remote) -> None:
    git = remote.checkout()
    (git.root / "web.yaml").write_bytes(b"replicas: 0\n")
    git.commit([WEB], "Stop web\n")
    remote.commit({"other.yaml": b"a: 2\n"}, "Somebody else's change")
    with pytest.raises(PushLost):
        git.push("main")

    git.reset_to_tip("main")
    assert (git.root / "web.yaml").read_bytes() == b"replicas: 2\n"
    assert (git.root / "other.yaml").read_bytes() == b"a: 2\n"
    (git.root / "web.yaml").write_bytes(b"replicas: 0\n")
    git.commit([WEB], "Stop web\n")
    git.push("main")
    assert remote.log("%s")[:2] == ["Stop web", "Somebody else's change"]


def test_a_refused_push_says_what_the_remote_said(remote: Remote) -> None:
    git = remote.checkout()
    remote.refuse_pushes("GH013: Repository rule violations found for refs/heads/main")
    (git.root / "web.yaml").write_bytes(b"replicas: 0\n")
    git.commit([WEB], "Stop web\n")
    with pytest.raises(PushRefused, match="GH013"):
        git.push("main")


def test_a_failing_command_is_an_error_of_our_own(remote: Remote) -> None:
    with pytest.raises(GitFailed, match="git fetch failed"):
        remote.checkout().reset_to_tip("no-such-branch")


def test_a_shallow_checkout_is_deepened_as_far_as_the_time_asks(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"a": b"1"})
    for number in range(3):
        remote.commit({"a": str(number).encode()}, f"Change {number}")
    root = tmp_path / "shallow"
    command("git", "clone", "--quiet", "--depth=1", f"file://{remote.path}", str(root))
    git = Git(root=root, environ=ENVIRON)
    assert [message.strip() for message in git.messages_since(0, "main")] == [
        "Change 2",
        "Change 1",
        "Change 0",
        "Describe the desired state",
    ]


def test_nothing_is_fetched_where_the_last_commit_is_old_enough(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"a": b"1"})
    root = tmp_path / "shallow"
    command("git", "clone", "--quiet", "--depth=1", f"file://{remote.path}", str(root))
    remote.path.rename(tmp_path / "gone")
    assert Git(root=root, environ=ENVIRON).messages_since(time.time() + 60, "main") == []


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


def test_a_hook_of_the_checkout_does_not_stop_a_commit(remote: Remote) -> None:
    git = remote.checkout()
    hook = git.root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    (git.root / "web.yaml").write_bytes(b"replicas: 0\n")
    assert git.commit([WEB], "Stop web\n") == git.head()
