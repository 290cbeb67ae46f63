"""Golden directories: a desired state, an event, and the bytes that come out, or the reason why none do.

`case.json` names the pod and says what becomes of the event, and of the same event once more if that is not "in place".
`after/` holds the files that change, and no others may.
Wherever the folders render, `kustomize build` is asked whether the workload, and nothing but it, has changed.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from responder.falco import cloudevent
from responder.plan import planner
from responder.plan.outcome import Verdict
from responder.plan.plan import Plan
from responder.proof.helm_chart import helm_charts
from responder.proof.protocol import Prover
from responder.proof.prover import kustomize_prover
from responder.proof.standing import Standing
from responder.publish.work_tree import WorkTree
from responder.rules import parser
from tests import sidekick

CASES = Path(__file__).parents[2] / "data" / "golden"
EVERY_RULE = b"version: 1\nrules: [{name: all, match: {rules: ['*']}, respond: [stop]}]\n"
KUSTOMIZE = shutil.which("kustomize")

Objects = dict[str, Any]


class Case:
    """One golden directory."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "before"
        self.result = folder / "after"
        self.says: dict[str, Any] = json.loads((folder / "case.json").read_bytes())

    def plan(self, root: Path, prover: Prover | None = None) -> Plan:
        """What is planned for the event in the desired state at `root`."""
        falco = sidekick.falco_events()["E02"]
        namespace, _, pod = self.says["pod"].partition("/")
        fields = {"k8s.ns.name": namespace, "k8s.pod.name": pod, **self.says.get("fields", {})}
        extensions = {"cluster": self.says["cluster"]} if "cluster" in self.says else {}
        sent = {**falco, "output_fields": {**falco["output_fields"], **fields}}
        event = cloudevent.parse(sidekick.cloudevent(sent, event_id="1", **extensions))
        path = self.state / ".github" / "falco-response.yaml"
        ruleset = parser.parse(path.read_bytes() if path.exists() else EVERY_RULE, name=path.name)
        with helm_charts() as charts:
            return planner.plan_responses(
                [event],
                ruleset,
                WorkTree(root).checkout(),
                prover=prover,
                charts=charts if self.says.get("charts") else None,
            )

    @property
    def expected(self) -> dict[PurePosixPath, bytes | None]:
        """The files that change; None for one that goes."""
        changed: dict[PurePosixPath, bytes | None] = {
            PurePosixPath(path.relative_to(self.result)): path.read_bytes() for path in _files(self.result)
        }
        return changed | {PurePosixPath(path): None for path in self.says.get("gone", [])}

    def copy_result(self, folder: Path) -> Path:
        """A copy of the desired state with the expected files in it."""
        root = folder / "state"
        shutil.copytree(self.state, root)
        for path, data in self.expected.items():
            (root / path).unlink() if data is None else (root / path).write_bytes(data)
        return root


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


HELM = pytest.mark.skipif(shutil.which("helm") is None, reason="no helm: `make setup` builds it where Go is")


def params() -> Iterator[Any]:
    for path in sorted(CASES.iterdir()):
        case = Case(path)
        yield pytest.param(case, id=path.name, marks=[HELM] if case.says.get("charts") else [])


cases = pytest.mark.parametrize("case", list(params()))


@cases
def test_the_files_that_change_change_to_these_bytes_and_no_other_file_does(case: Case) -> None:
    plan = case.plan(case.state)
    (outcome,) = plan.outcomes
    assert (outcome.verdict, outcome.reason) == (case.says["verdict"], case.says["reason"])
    assert list(outcome.response.warnings if outcome.response else ()) == case.says.get("warnings", [])
    assert plan.files == case.expected


@cases
def test_what_is_contained_is_in_place_the_second_time(case: Case, tmp_path: Path) -> None:
    (outcome,) = case.plan(case.copy_result(tmp_path)).outcomes
    if not Verdict(case.says["verdict"]).changes_files:
        assert outcome.verdict == case.says["verdict"]
    elif case.says.get("removed"):
        assert "no declared workload" in outcome.reason
    else:
        assert outcome.verdict == case.says.get("again", Verdict.IN_PLACE)


@cases
@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize: `make setup` builds it where Go is")
def test_kustomize_renders_the_workload_otherwise_and_nothing_else(case: Case, tmp_path: Path) -> None:
    state, result = shutil.copytree(case.state, tmp_path / "before"), case.copy_result(tmp_path)
    changed: set[str] = set()
    for root in _roots(state):
        old, new = (_render(folder / root) for folder in (state, result))
        assert (old is None) == (new is None), f"{root} renders only before or only after"
        if old is not None and new is not None:
            other = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
            if not (case.state / ".github").exists():
                assert all(new[name]["spec"]["replicas"] == 0 for name in other & new.keys() if "Deployment" in name)
            changed |= other
    assert sorted(changed) == case.says.get("rendered", [])


@cases
@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize: `make setup` builds it where Go is")
def test_whatever_is_contained_is_proved_and_only_that_is_committed_where_a_proof_is_required(case: Case) -> None:
    is_assumed = case.says["verdict"] == Verdict.ASSUMED
    with kustomize_prover(required=False) as prover:
        (outcome,) = case.plan(case.state, prover).outcomes
    assert outcome.verdict == case.says["verdict"]
    if outcome.response and outcome.response.changes:
        assert outcome.response.proof is not None
        assert outcome.response.proof.standing is (Standing.ASSUMED if is_assumed else Standing.PROVED)
    with kustomize_prover(required=True) as prover:
        plan = case.plan(case.state, prover)
    assert plan.outcomes[0].verdict == (Verdict.REFUSED if is_assumed else case.says["verdict"])
    assert plan.files == ({} if is_assumed else case.expected)


def _roots(state: Path) -> list[str]:
    """The folders that render by themselves and that no other kustomization reads."""
    folders = {path.parent for path in state.rglob("kustomization.yaml")}
    if not folders:
        return sorted({str(path.parent.relative_to(state)) for path in state.rglob("*.yaml")} - {".github"})
    read = set()
    for folder in folders:
        content = yaml.safe_load((folder / "kustomization.yaml").read_bytes())
        references = [*content.get("resources", []), *content.get("components", [])]
        read |= {Path(os.path.normpath(folder / reference)) for reference in references}
    return sorted(str(folder.relative_to(state)) for folder in folders - read)


def _render(folder: Path) -> Objects | None:
    """The objects that a folder renders to, None if it does not; a kustomization is made as Flux makes it."""
    if not (folder / "kustomization.yaml").exists():
        names = sorted(path.name for path in folder.glob("*.yaml"))
        (folder / "kustomization.yaml").write_text(json.dumps({"resources": names}))
    command = [str(KUSTOMIZE), "build", "--load-restrictor", "LoadRestrictionsNone", str(folder)]
    result = subprocess.run(command, capture_output=True, check=False)
    if result.returncode != 0:
        return None
    objects = [content for content in yaml.safe_load_all(result.stdout) if content]
    names = [f"{content['kind']} {_full_name(content['metadata'])}" for content in objects]
    return dict(zip(names, objects, strict=True))


def _full_name(metadata: dict[str, Any]) -> str:
    return f"{metadata.get('namespace', '-')}/{metadata['name']}"
