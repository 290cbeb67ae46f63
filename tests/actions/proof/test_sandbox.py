"""What a program in the sandbox can read, write and reach, and that nothing of it goes on."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from responder.proof import sandbox
from responder.proof.sandbox import Result

CANARY = "canary-of-the-token"
confined = pytest.mark.skipif(not sandbox.is_confined(), reason="no Landlock: a Linux kernel from 5.13 on has it")


def shell(text: str, folder: Path, *, timeout: float = 20) -> Result:
    """Return how a shell command ends in the sandbox of a folder."""
    root = folder / "copy"
    root.mkdir(exist_ok=True)
    return sandbox.run(["sh", "-c", text], root=root, scratch=folder / "scratch", timeout=timeout)


def test_the_copy_is_readable_and_the_output_is_kept_apart_from_the_errors(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "web.yaml").write_text("kind: A\n")
    assert shell("cat web.yaml; echo no >&2; exit 3", tmp_path) == Result(code=3, output=b"kind: A\n", errors=b"no\n")


@confined
@pytest.mark.parametrize("path", ["{folder}/secret", "../secret", "/proc/{pid}/environ", "/proc/self/environ", "link"])
def test_nothing_outside_of_the_copy_is_readable(path: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(CANARY)
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "link").symlink_to(tmp_path / "secret")
    result = shell(f"cat {path.format(folder=tmp_path, pid=os.getpid())}", tmp_path)
    assert (result.code, result.output) == (1, b"")


@confined
def test_what_the_program_starts_is_confined_too(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(CANARY)
    assert shell(f"env -i sh -c 'cat {tmp_path}/secret'", tmp_path).output == b""


@confined
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv, which tells: util-linux has it")
def test_no_program_gets_more_rights_than_the_action_has(tmp_path: Path) -> None:
    assert b"no_new_privs: 1\n" in shell("setpriv --dump", tmp_path).output


@confined
@pytest.mark.parametrize("path", ["file", "../file", "/etc/file", "/usr/file"])
def test_nothing_is_written_but_in_the_scratch_folder(path: str, tmp_path: Path) -> None:
    assert shell(f"echo x > {path}", tmp_path).code != 0
    assert shell("echo x > $HOME/file && cat $TMPDIR/file && echo x > /dev/null", tmp_path).output == b"x\n"
    assert not (tmp_path / "scratch").exists()


def test_the_environment_has_no_credential_and_git_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("INPUT_TOKEN", "GITHUB_TOKEN", "SSH_AUTH_SOCK", "GIT_ASKPASS", "https_proxy", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, CANARY)
    environ = shell("env", tmp_path).output.decode()
    assert CANARY not in environ
    assert f"HOME={tmp_path}/scratch" in environ.splitlines()
    assert {"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0"} <= {*environ.splitlines()}


@pytest.mark.parametrize("address", ["file:///etc", "ssh://git@127.0.0.1/x", "git://127.0.0.1/x", "ext::sh -c id"])
def test_git_fetches_over_https_alone(address: str, tmp_path: Path) -> None:
    result = shell(f"git ls-remote '{address}'", tmp_path)
    assert b"not allowed" in result.errors


def test_a_program_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    mark = f"31.{os.getpid()}"
    started = time.monotonic()
    assert shell(f"sleep {mark} & sleep {mark}", tmp_path, timeout=0.5) == Result(code=None)
    assert time.monotonic() - started < 20
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"sleep {mark}" not in processes.splitlines()


def test_what_a_program_leaves_behind_is_ended_when_it_ends(tmp_path: Path) -> None:
    mark = f"32.{os.getpid()}"
    assert shell(f"sleep {mark} >/dev/null 2>&1 & echo ok", tmp_path).output == b"ok\n"
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"sleep {mark}" not in processes.splitlines()
