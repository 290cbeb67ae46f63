"""Many runs at once against one branch, over Git over HTTP: nothing is lost, forced or done twice."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from responder.publish.patience import Patience
from tests.actions.conftest import command
from tests.actions.hosted import NAME, Hosted, HostedResponder
from tests.actions.runs import ALPINE, RunResult, shell
from tests.localhub import Hub
from tests.soak import SOAKING

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SAME = 10  # of the runs, so many are about one workload
RULES = b"version: 1\nlimits: {responses-per-hour: 100}\nrules: [{name: a, match: {rules: ['*']}, respond: [stop]}]\n"


def manifest(name: str) -> bytes:
    return ALPINE.replace(b"alpine-deployment", name.encode())


def desired_state(workloads: list[str]) -> dict[str, bytes]:
    """Half of the workloads have a file each, the others are in one."""
    half = len(workloads) // 2
    together = b"---\n".join(manifest(name) for name in workloads[half:])
    alone = {f"{name}.yaml": manifest(name) for name in workloads[:half]}
    return {**alone, "together.yaml": together, ".github/falco-response.yaml": RULES}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.start(tmp_path / "hub", action_source=Path(__file__).parents[3]) as hub:
        yield hub


class Somebody:
    """A person who pushes to the same branch meanwhile, as people do: fetch, rebase, push, again."""

    def __init__(self, hub: Hub, remote: Hosted) -> None:
        self._root = remote.checkout().root
        token = hub.create_token(NAME, permissions={"contents": "write"})
        url = remote.repository.clone_url.replace("//", f"//x:{token}@")
        command("git", "remote", "set-url", "origin", url, cwd=self._root)

    def push(self, number: int) -> str:
        """One commit; returns its subject."""
        (self._root / f"notes-{number}.md").write_text("x\n")
        command("git", "add", "--all", cwd=self._root)
        command("git", "commit", "--quiet", "--message", f"Note {number}", cwd=self._root)
        while True:
            command("git", "pull", "--quiet", "--rebase", "origin", "main", cwd=self._root)
            try:
                command("git", "push", "--quiet", "origin", "HEAD:main", cwd=self._root)
            except subprocess.CalledProcessError:
                continue
            return f"Note {number}"


@pytest.mark.parametrize(("commit_via", "count"), [("git", 50), ("api", 50 if SOAKING else 16)])
def test_every_edit_of_runs_at_once_lands_or_is_found_in_place(
    hub: Hub, tmp_path: Path, commit_via: str, count: int
) -> None:
    workloads = ["alpine-deployment", *(f"web-{number}" for number in range(count - SAME))]
    files = desired_state(workloads)
    remote = Hosted(hub, files)
    remote.git("config", "core.logAllRefUpdates", "true")
    somebody = Somebody(hub, remote)
    targets = [*workloads, *workloads[:1] * (count - len(workloads))]
    responders = [HostedResponder(hub, remote, tmp_path / f"run-{number}") for number in range(count)]
    barrier = Barrier(count + 1)
    for responder in responders:
        responder.patience = Patience(limit=3600)  # when a run gives up is tested beside `push`
        responder.meanwhile = barrier.wait  # all have a checkout before any goes on

    def respond(number: int) -> RunResult:
        event = {**shell(**{"k8s.pod.name": f"{targets[number]}-77789455d6-m7flp"}), "id": f"event-{number}"}
        result: RunResult = responders[number].dispatch(event, commit_via=commit_via)
        return result

    with ThreadPoolExecutor(count + 1) as pool:
        futures = [pool.submit(respond, number) for number in range(count)]
        barrier.wait()
        notes = [somebody.push(number) for number in range(3)]
        runs = [run.result() for run in futures]

    assert [run.log for run in runs if run.code] == []
    verdicts = Counter((targets[number], run.responses[0]["verdict"]) for number, run in enumerate(runs))
    expected = Counter({(name, "contained"): 1 for name in workloads})
    expected[workloads[0], "in place"] = count - len(workloads)
    assert verdicts == expected
    assert not any("replicas: 2" in remote.git("show", f"main:{name}") for name in files if name.endswith(".yaml"))
    log = remote.log("%H %s")
    assert sorted(run.outputs["commit"] for run in runs if run.outputs["commit"]) == sorted(
        line.split(" ")[0] for line in log if " Stop " in line
    )
    assert len(log) == 1 + len(workloads) + len(notes)
    assert {note for note in notes if any(line.endswith(note) for line in log)} == set(notes)
    # What the branch ever pointed to is an ancestor of what it points to next: nothing was forced.
    moves = remote.git("reflog", "show", "--format=%H", "main").splitlines()
    assert moves == [line.split(" ")[0] for line in log]
