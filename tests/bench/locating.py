"""How long it takes to find one workload in a repository and to plan its edit, against reading the repository at all.

The floor is to walk the tree and read every YAML file. Beside it: `git grep -l` for the name, and parsing every file.
"""

import os
import subprocess
import tempfile
from pathlib import Path

import yaml

from responder.falco import cloudevent
from responder.falco.event import Event
from responder.plan import planner
from responder.publish.work_tree import WorkTree
from responder.rules import parser
from tests import sidekick
from tests.actions.gitops import fleet
from tests.bench.tables import markdown, medians, seconds

SIZES = {2: 5, 20: 5, 80: 3}  # teams of about 50 files: rounds
RULES_FILE = b"""
version: 1
clusters: {prod: {path: clusters/prod}, staging: {path: clusters/staging}, dev: {path: clusters/dev}}
rules: [{name: all, match: {rules: ['*']}, respond: [stop]}]
"""
APP = 3
HEAD = ("files", "walk and read", "`git grep -l`", "parse every file", "locate and plan", "of the floor", "of grep")


def main() -> None:
    """Print the table."""
    print("### Locating and planning one edit\n")
    print(markdown(HEAD, [row(teams, rounds) for teams, rounds in SIZES.items()]))


def row(teams: int, rounds: int) -> list[object]:
    """The figures of a repository for so many teams."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        fleet.write(root, dict(fleet.files(teams)))
        subprocess.run(["git", "init", "--quiet", folder], check=True)
        subprocess.run(["git", "add", "--all"], cwd=root, check=True)
        name = fleet.name_of(teams // 2, APP)
        event = shell(teams // 2)
        tasks = {
            "floor": lambda: walk_and_read(root),
            "grep": lambda: subprocess.run(["git", "grep", "-l", name], cwd=root, check=True, capture_output=True),
            "parse": lambda: parse(root),
            "plan": lambda: contain(root, event),
        }
        times = medians(tasks, rounds=rounds)
        count = sum(1 for _ in root.rglob("*.yaml"))
        ratios = [f"{times['plan'] / times[baseline]:.2f}" for baseline in ("floor", "grep")]
        return [count, *(seconds(times[task]) for task in tasks), *ratios]


def walk_and_read(root: Path) -> int:
    """Read the bytes of every YAML file, which is the floor, and return their number."""
    total = 0
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            if name.endswith(".yaml"):
                with open(f"{folder}/{name}", "rb") as file:  # noqa: PTH123 - the fastest way, for a fair floor
                    total += len(file.read())
    return total


def parse(root: Path) -> int:
    """Parse every document of every file with the C loader, and return their number."""
    return sum(1 for path in root.rglob("*.yaml") for _ in yaml.load_all(path.read_bytes(), yaml.CSafeLoader))


def pod_fields(team: int) -> dict[str, str]:
    """Return the output fields that name a pod of one of a team's Deployments."""
    return {"k8s.ns.name": f"team-{team:03}", "k8s.pod.name": f"{fleet.name_of(team, APP)}-77789455d6-m7flp"}


def shell(team: int) -> Event:
    """Return the event of a shell in that pod."""
    falco = sidekick.falco_events()["E02"]
    sent = {**falco, "output_fields": {**falco["output_fields"], **pod_fields(team)}}
    return cloudevent.parse(sidekick.cloudevent(sent, event_id="1", cluster="prod"))


def contain(root: Path, event: Event) -> None:
    """Plan the bytes that change. Raise RuntimeError if the event is not contained."""
    plan = planner.plan_responses([event], parser.parse(RULES_FILE, name="rules"), WorkTree(root).checkout())
    if len(plan.files) != 1:
        raise RuntimeError(f"not contained: {plan.outcomes}")


if __name__ == "__main__":
    main()
