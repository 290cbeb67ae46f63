"""Other processes of the same user read neither the environment nor the memory of an action that runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
CANARY = "canary-of-the-token"
NOBODY = 65534
# Root may read everything, and Linux hides a process that has changed its user: neither is what is tested.
AS_NOBODY = f"""\
import ctypes, os, sys
sys.path.insert(0, {str(ROOT / "actions")!r})
if os.getuid() == 0:
    os.setgid({NOBODY})
    os.setuid({NOBODY})
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
from responder.commands import process_memory
"""
WAITING = "print('ready', flush=True); input()"
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")


@linux
@pytest.mark.parametrize(
    ("act", "is_readable"), [("process_memory.hide()", False), ("", True)], ids=["hidden", "not hidden"]
)
@pytest.mark.parametrize("name", ["environ", "maps"])
def test_no_process_of_the_same_user_reads_the_environment_of_the_action(
    act: str, is_readable: bool, name: str
) -> None:
    command = [sys.executable, "-c", f"{AS_NOBODY}{act}\n{WAITING}"]
    user = NOBODY if os.getuid() == 0 else None
    with subprocess.Popen(
        command, env={"INPUT_TOKEN": CANARY}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as action:
        assert action.stdout
        assert action.stdout.readline() == b"ready\n"
        reading = subprocess.run(
            ["cat", f"/proc/{action.pid}/{name}"], user=user, group=user, capture_output=True, check=False
        )
        action.communicate(b"\n")
    assert action.returncode == 0
    assert (reading.returncode == 0, bool(reading.stdout)) == (is_readable, is_readable)


@linux
@pytest.mark.parametrize("action", ["check", "respond", "restore"])
def test_the_shell_of_the_step_is_replaced_so_that_it_keeps_no_environment(action: str, tmp_path: Path) -> None:
    (step,) = yaml.safe_load((ROOT / "actions" / action / "action.yml").read_bytes())["runs"]["steps"]
    (tmp_path / action).mkdir()
    (tmp_path / "run.sh").write_text("echo $$\n")
    (tmp_path / "step.sh").write_text(f"{step['run']}\n")
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(tmp_path / "step.sh")]
    environ = {"PATH": os.environ["PATH"], "GITHUB_ACTION_PATH": str(tmp_path / action)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) as shell:
        output, _ = shell.communicate(timeout=60)
    assert int(output) == shell.pid
