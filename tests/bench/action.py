"""How long the whole action takes, from the event to the push, against the same change made by git commands in a shell.

Both work in a fresh clone each time and push to the local GitHub over HTTP. What sets up the action's dependencies is
counted apart: a job does that once, before anything else.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests import sidekick
from tests.actions.gitops import fleet
from tests.bench.locating import RULES_FILE, pod_fields
from tests.bench.tables import markdown, medians, seconds
from tests.localhub import Hub

ROOT = Path(__file__).parents[2]
ROUNDS = 7
HEAD = (
    "files",
    "clone",
    "start of Python",
    "git in a shell",
    "the action",
    "ratio",
    "ratio with the clone",
)
# What a person would type who knows the file already.
SHELL = """\
set -e
git apply "$PATCH"
git add --update
git -c user.name=x -c user.email=x@example.com commit --quiet --message "Stop it"
git -c "http.extraheader=Authorization: Basic $BASIC" push --quiet origin HEAD:main
"""


class Change:
    """One repository and the two ways to make the same change in it, each in a clone that `renew` makes."""

    def __init__(self, hub: Hub, folder: Path, packages: Path, teams: int) -> None:
        contents = {path: content.encode() for path, content in fleet.files(teams)}
        name = f"acme/fleet-{teams}"
        self.count = sum(1 for path in contents if path.endswith(".yaml"))
        self._repository = hub.create_repository(name, files=contents | {".github/falco-response.yaml": RULES_FILE})
        self._token = hub.create_token(name, permissions={"contents": "write"})
        self._basic = base64.b64encode(f"x-access-token:{self._token}".encode()).decode()
        self._folder = folder / str(teams)
        self._folder.mkdir()
        self._work = self._folder / "work"
        self._start = _git("rev-parse", "main", cwd=self._repository.path).strip()
        falco = sidekick.falco_events()["E02"]
        sent = {**falco, "output_fields": {**falco["output_fields"], **pod_fields(teams // 2)}}
        event = {"client_payload": {"events": [sidekick.cloudevent(sent, event_id="1", cluster="prod")]}}
        (self._folder / "event.json").write_text(json.dumps(event))
        self._environ = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'actions'}:{packages}",
            "GITHUB_EVENT_PATH": str(self._folder / "event.json"),
            "GITHUB_WORKSPACE": str(self._work),
            "GITHUB_REF": "refs/heads/main",
            "INPUT_TOKEN": self._token,
            "INPUT_VERIFY": "off",
        }
        self.renew()
        self.by_action()
        (self._folder / "patch").write_text(_git("diff", self._start, "HEAD", cwd=self._work))

    def renew(self) -> None:
        """The repository as it was, and a new clone of it."""
        self.reset()
        self.clone()

    def reset(self) -> None:
        """The repository as it was, and no clone."""
        _git("update-ref", "refs/heads/main", self._start, cwd=self._repository.path)
        shutil.rmtree(self._work, ignore_errors=True)

    def clone(self) -> None:
        """What actions/checkout does."""
        header = f"http.extraheader=Authorization: Basic {self._basic}"
        _git("-c", header, "clone", "--quiet", "--depth=1", self._repository.clone_url, "work", cwd=self._folder)

    def by_shell(self) -> None:
        """The change made by git commands."""
        environ = {**os.environ, "PATCH": str(self._folder / "patch"), "BASIC": self._basic}
        subprocess.run(["bash", "-c", SHELL], cwd=self._work, env=environ, check=True, capture_output=True)

    def start_python(self) -> None:
        """What the action needs before it has read anything."""
        command = [sys.executable, "-P", "-c", "import responder.commands.respond"]
        subprocess.run(command, env=self._environ, check=True, capture_output=True)

    def by_action(self) -> None:
        """The change made by the action, its dependencies being there."""
        command = [sys.executable, "-P", "-m", "responder", "respond"]
        subprocess.run(command, cwd=self._work, env=self._environ, check=True, capture_output=True)


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        installed = set_up(folder)
        packages = next(folder.glob("pip/first/falco-dispatch-*"))  # pip is what GitHub's runners have
        with Hub.start(folder / "hub", action_source=ROOT) as hub:
            changes = [Change(hub, folder, packages, teams) for teams in (2, 20)]
            print("### The whole action, event to push, without rendering\n")
            print(markdown(HEAD, [row(change) for change in changes]))
    print("### Setting up the action's dependencies\n")
    rows = [[installer, *map(seconds, times)] for installer, times in installed.items()]
    print(markdown(("installer", "nothing kept", "in a later job", "again in the same job"), rows))


def row(change: Change) -> list[object]:
    """The figures of one repository."""
    tasks = {"clone": change.clone, "start": change.start_python}
    times = medians(tasks, rounds=ROUNDS, prepare=change.reset)
    tasks = {"shell": change.by_shell, "action": change.by_action}
    times |= medians(tasks, rounds=ROUNDS, prepare=change.renew)
    whole = (times["clone"] + times["action"]) / (times["clone"] + times["shell"])
    return [change.count, *map(seconds, times.values()), f"{times['action'] / times['shell']:.2f}", f"{whole:.2f}"]


def set_up(folder: Path) -> dict[str, list[float]]:
    """Seconds to install the dependencies: by pip and by uv; first without what they keep, then with it, then again."""
    python = Path(sys.executable).parent
    times = {}
    for installer in ("pip", "uv"):
        path = folder / installer
        (path / "bin").mkdir(parents=True)
        names = ["python3", *(["uv"] if installer == "uv" else [])]
        for name in names:
            (path / "bin" / name).symlink_to(python / name)
        environ = {**os.environ, "HOME": str(path), "PATH": f"{path / 'bin'}:/usr/bin:/bin"}
        times[installer] = [_install(environ, path / job) for job in ("first", "second", "second")]
    return times


def _install(environ: dict[str, str], runner_temp: Path) -> float:
    runner_temp.mkdir(exist_ok=True)
    started = time.perf_counter()
    command = ["bash", str(ROOT / "actions" / "install.sh")]
    subprocess.run(command, env={**environ, "RUNNER_TEMP": str(runner_temp)}, check=True, capture_output=True)
    return time.perf_counter() - started


def _git(*arguments: str, cwd: Path) -> str:
    return subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
