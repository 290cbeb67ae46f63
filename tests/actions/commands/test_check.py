"""The check action from its inputs to the summary: mistakes with their places, and what the rules would do."""

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from responder.commands import exit_codes
from responder.commands.check import check
from responder.escape import markdown_text
from responder.github.run_environment import RunEnvironment
from responder.github.run_output import RunOutput
from tests import sidekick
from tests.actions.conftest import ENVIRON, NewRemote, command
from tests.actions.runs import ALPINE, Responder, RunResult

RULES = ".github/falco-response.yaml"
STOP = b"version: 1\nrules:\n  - {name: shells, match: {rules: [Terminal shell in container]}, respond: [stop]}\n"
E02 = sidekick.falco_events()["E02"]


def sample(**fields: Any) -> bytes:
    return json.dumps({**E02, "output_fields": {**E02["output_fields"], **fields}}).encode()


@pytest.fixture
def checked(new_remote: NewRemote, tmp_path: Path) -> Callable[..., RunResult]:
    """What becomes of a check of these files."""

    def run(files: Mapping[str, bytes], **inputs: str) -> RunResult:
        contents = {"alpine.yaml": ALPINE, "samples/shell.json": sample(), **files}
        responder = Responder(new_remote(contents), tmp_path)
        return responder.check(**{"events": "samples", **inputs})

    return run


def plan(result: RunResult) -> list[dict[str, Any]]:
    return list(json.loads(result.outputs["plan"]))


def test_the_table_says_which_rule_meets_which_workload_and_what_would_change(
    checked: Callable[..., RunResult],
) -> None:
    result = checked({RULES: STOP})
    assert result.code == 0
    assert plan(result) == [
        {
            "event": "shell.json",
            "rules": ["shells"],
            "verdict": "contained",
            "reason": "rule 'shells': alpine.yaml line 10, spec.replicas (was 2)",
            "workload": "Deployment default/alpine-deployment",
            "files": ["alpine.yaml"],
        }
    ]
    assert result.outputs["rules"] == "1"
    assert "they hold" in result.summary
    assert "Would stop Deployment <code>default/alpine-deployment</code> (2 → 0 replicas)" in result.summary


def test_nothing_is_changed(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"alpine.yaml": ALPINE, "samples/shell.json": sample(), RULES: STOP})
    Responder(remote, tmp_path).check(events="samples")
    assert len(remote.log("%H")) == 1
    assert remote.show("main:alpine.yaml") == ALPINE


def test_the_samples_that_ship_are_all_events(checked: Callable[..., RunResult]) -> None:
    result = checked({RULES: STOP}, events="")
    verdicts = {entry["event"]: entry["verdict"] for entry in plan(result)}
    assert result.code == 0
    assert verdicts["terminal-shell.json"] == "refused"  # there is no such workload here
    assert {
        verdict for name, verdict in verdicts.items() if name not in ("terminal-shell.json", "on-the-node.json")
    } == {"ignored"}


def test_every_mistake_is_annotated_where_it_is(checked: Callable[..., RunResult]) -> None:
    result = checked({RULES: STOP.replace(b"rules: [Term", b"rulez: [Term").replace(b"[stop]", b"[stopp]")})
    assert result.code == exit_codes.BAD_INPUT
    assert f"::error file={RULES},line=3::" in result.log
    assert "rulez" in result.log
    assert "stopp" in result.log
    assert "2 mistakes" in result.summary


@pytest.mark.parametrize(
    ("files", "inputs", "message"),
    [
        pytest.param(
            {
                "samples/shell.json": sample(**{"k8s.ns.name": "kube-system"}),
                "system.yaml": ALPINE.replace(b"namespace: default", b"namespace: kube-system"),
            },
            {},
            "is protected (namespace kube-system)",
            id="a protected target",
        ),
        pytest.param(
            {
                RULES: STOP.replace(b"[stop]", b"[isolate]"),
                "alpine.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: alone, namespace: default}\n",
                "samples/shell.json": sample(**{"k8s.pod.name": "alone"}),
            },
            {},
            "has no pod labels",
            id="an isolate without labels",
        ),
        pytest.param(
            {"names.txt": b"Read sensitive file untrusted\nDetect crypto miners\n"},
            {"falco_rules": "names.txt"},
            "rule 'shells' (line 3) can never match: no Falco rule is called Terminal shell in container",
            id="no such rule",
        ),
        pytest.param(
            {RULES: STOP + b"clusters: {prod: {path: clusters/prd}}\n"},
            {},
            "there is no folder clusters/prd",
            id="no such folder",
        ),
        pytest.param(
            {RULES: STOP + b"workloads: [{pod: 'x*', file: gone.yaml, kind: Deployment, name: x}]\n"},
            {},
            "there is no file gone.yaml",
            id="no such file",
        ),
        pytest.param({"samples/shell.json": b"{"}, {}, "shell.json: ", id="a sample that is no event"),
    ],
)
def test_rules_that_ask_for_what_cannot_be_fail(
    checked: Callable[..., RunResult], files: dict[str, bytes], inputs: dict[str, str], message: str
) -> None:
    result = checked({RULES: STOP, **files}, **inputs)
    assert (result.code, message in result.log) == (exit_codes.FAILED, True), result.log
    assert "## ❌ Response rules: " in result.summary


@pytest.mark.parametrize(
    "falco",
    [
        pytest.param(
            {"falco/rules.yaml": b"- list: x\n- rule: Terminal shell in container\n  desc: y\n"}, id="Falco's own"
        ),
        pytest.param({"falco/rules.yaml": b'- rule: "Terminal shell in container"\n'}, id="quoted"),
        pytest.param({"falco": b"Terminal shell in container\n"}, id="names"),
    ],
)
def test_a_rule_that_some_falco_rule_meets_is_fine(checked: Callable[..., RunResult], falco: dict[str, bytes]) -> None:
    assert checked({RULES: STOP, **falco}, falco_rules="falco").code == 0


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        pytest.param({"events": "../.."}, "is nothing in the workspace", id="outside"),
        pytest.param({"events": "gone"}, "is nothing in the workspace", id="not there"),
        pytest.param({"events": ".github"}, "without any .json file", id="no samples"),
        pytest.param({"falco_rules": "alpine.yaml"}, "names no Falco rules", id="no Falco rules"),
    ],
)
def test_inputs_that_lead_nowhere_are_said(
    checked: Callable[..., RunResult], inputs: dict[str, str], message: str
) -> None:
    result = checked({RULES: STOP}, **inputs)
    assert (result.code, message in result.log) == (exit_codes.BAD_INPUT, True), result.log


def test_a_sample_that_is_a_link_out_of_its_folder_is_not_read(new_remote: NewRemote, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary-of-the-runner")
    remote = new_remote({RULES: STOP, "samples/e02.json": json.dumps(E02).encode()})
    root = remote.checkout().root
    (root / "samples" / "x.json").symlink_to(tmp_path / "secret")
    (root / "samples" / "y.json").symlink_to("e02.json")
    command("git", "add", "--all", cwd=root)
    command("git", "commit", "--quiet", "--message=x", cwd=root)
    command("git", "push", "--quiet", "origin", "HEAD:main", cwd=root)
    result = Responder(remote, tmp_path).check(events="samples")
    assert [row["event"] for row in json.loads(result.outputs["plan"])] == ["e02.json", "y.json"]
    assert "canary" not in result.log + result.summary


def test_a_hostile_sample_is_text(checked: Callable[..., RunResult]) -> None:
    hostile = json.dumps({**E02, "rule": "</table><script>\n::error::x", "output": "`|*"}).encode()
    result = checked({RULES: STOP.replace(b"[Terminal shell in container]", b"['*']"), "samples/<b>`|.json": hostile})
    assert "<script>" not in result.summary
    assert "<b>" not in result.summary
    assert "\n::error::x" not in result.log


def test_a_response_that_replaces_the_pods_is_warned_about_beforehand(checked: Callable[..., RunResult]) -> None:
    rules = STOP.replace(b"[stop]", b"[label: {set: {quarantine: 'true'}, target: pods}]")
    result = checked({RULES: rules})
    assert result.code == 0
    warning = "a change of the pod template of a Deployment replaces its pods, and the evidence in them is lost"
    assert markdown_text(warning) in result.summary
    assert [line for line in result.log.splitlines() if warning in line and line.startswith("::warning")]


def test_a_flux_kustomization_that_waits_for_health_is_warned_about_beforehand(
    checked: Callable[..., RunResult],
) -> None:
    apps = b"""\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec: {path: ./apps, wait: true, sourceRef: {kind: GitRepository, name: flux-system}}
"""
    other = apps.replace(b"wait: true", b"wait: false").replace(b"apps", b"other")
    result = checked(
        {RULES: STOP, "prod/apps.yaml": apps, "prod/other.yaml": other, "prod/broken.yaml": apps + b"\t: ["}
    )
    (warning,) = [line for line in result.log.splitlines() if line.startswith("::warning")]
    assert "prod/apps.yaml:1: Flux Kustomization apps waits until what it applies is healthy" in warning
    assert "CancelHealthCheckOnNewRevision=true" in warning


def test_a_repository_that_was_never_pushed_is_checked_by_the_hook(tmp_path: Path) -> None:
    command("git", "init", "--quiet", str(tmp_path))
    (tmp_path / ".github").mkdir()
    (tmp_path / RULES).write_bytes(STOP)
    command("git", "add", "--all", cwd=tmp_path)
    command("git", "commit", "--quiet", "--message", "Add the rules", cwd=tmp_path)
    environment = RunEnvironment.from_environ({**ENVIRON, "GITHUB_WORKSPACE": str(tmp_path)})
    log = io.StringIO()
    assert (check(environment, RunOutput(log=log)), log.getvalue()) == (0, "")


def test_rules_and_samples_are_links_to_their_lines_at_the_commit(new_remote: NewRemote, tmp_path: Path) -> None:
    responder = Responder(new_remote({"alpine.yaml": ALPINE, "samples/a b.json": sample(), RULES: STOP}), tmp_path)
    responder.environ = {"GITHUB_SHA": "c" * 40}
    summary = responder.check(events="samples").summary
    address = f"https://github.example/acme/desired-state/blob/{'c' * 40}"
    assert f"[<code>shells</code>]({address}/{RULES}#L3)" in summary
    assert f"[<code>a b&#x2e;json</code>]({address}/samples/a%20b.json)" in summary


def test_the_table_has_a_column_for_each_rule_that_a_sample_meets(checked: Callable[..., RunResult]) -> None:
    idle = b"  - {name: idle, match: {rules: [Nothing]}, respond: [stop]}\n"
    summary = checked({RULES: STOP + idle, "samples/other.json": json.dumps({**E02, "rule": "Other"}).encode()}).summary
    head, _, *rows = [line.split(" | ") for line in summary.splitlines() if line.startswith("| ")]
    assert head[2:4] == ["<code>shells</code>", "What would become of it"]
    assert [row[2] for row in rows] == ["", "●"]
    assert "No sample meets <code>idle</code>." in summary
