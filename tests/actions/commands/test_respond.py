"""The respond action from its inputs to the pushed commit, against a real remote repository."""

import html
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from responder.commands import exit_codes
from tests import sidekick
from tests.actions.conftest import NewRemote, Remote
from tests.actions.runs import ALPINE, HOSTILE, MANIFEST, SHELL, STOPPED, Responder, shell

CONFIG = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"

needs_kustomize = pytest.mark.skipif(
    shutil.which("kustomize") is None, reason="no kustomize: `make setup` builds it where Go is"
)


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote({"alpine.yaml": ALPINE})


@pytest.fixture
def responder(remote: Remote, tmp_path: Path) -> Responder:
    return Responder(remote, tmp_path)


def test_a_dispatched_event_becomes_a_commit_of_one_line(remote: Remote, responder: Responder) -> None:
    result = responder.dispatch(shell())
    assert result.code == 0
    assert remote.show("main:alpine.yaml") == STOPPED
    assert result.outputs["changed"] == "true"
    assert [result.outputs["commit"]] == remote.log("%H")[:1]


def test_the_commit_says_what_and_why_and_what_was_before(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    assert remote.log("%s")[0] == "Stop Deployment default/alpine-deployment in prod"
    previous = {"file": "alpine.yaml", "document": 0, "path": ["spec", "replicas"], "value": 2}
    assert remote.log("%(trailers:only)")[:7] == [
        "Response: stop Deployment default/alpine-deployment",
        "Cluster: prod",
        "Falco-Rule: Terminal shell in container",
        "Falco-Priority: Notice",
        "CloudEvent-Id: 5b2e",
        "CloudEvent-Source: https://falco.org",
        f"Previous: {json.dumps(previous, separators=(',', ':'))}",
    ]


def test_a_pasted_event_does_the_same(remote: Remote, responder: Responder) -> None:
    result = responder.run({"inputs": {"event": json.dumps(SHELL)}})
    assert (result.code, remote.show("main:alpine.yaml")) == (0, STOPPED)


def test_the_input_of_the_action_does_the_same(remote: Remote, responder: Responder) -> None:
    result = responder.run({}, event=json.dumps([shell()]))
    assert (result.code, remote.show("main:alpine.yaml")) == (0, STOPPED)


def test_a_response_that_is_in_place_is_no_change_and_no_failure(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    original = remote.log("%H")
    result = responder.dispatch(shell())
    assert (result.code, result.outputs["changed"], result.outputs["commit"]) == (0, "false", "")
    assert result.responses[0]["verdict"] == "in place"
    assert remote.log("%H") == original


def test_two_events_of_one_workload_are_one_edit(remote: Remote, responder: Responder) -> None:
    result = responder.dispatch(shell(), shell(**{"proc.name": "bash"}))
    assert [response["verdict"] for response in result.responses] == ["contained", "in place"]
    assert remote.show("main:alpine.yaml") == STOPPED


def test_a_dry_run_shows_the_diff_and_pushes_nothing(remote: Remote, responder: Responder) -> None:
    original = remote.log("%H")
    result = responder.dispatch(shell(), mode="dry-run")
    assert result.code == 0
    assert "+  replicas: 0  # one for each zone" in result.summary
    assert "Would stop Deployment <code>default/alpine-deployment</code>" in result.summary
    assert "**Dry run: nothing was pushed**" in result.summary
    assert result.responses[0]["what"] == "Would stop Deployment default/alpine-deployment in prod (2 → 0 replicas)"
    assert "::notice file=alpine.yaml,line=10::Would stop Deployment default/alpine-deployment" in result.log
    assert (result.outputs["changed"], remote.log("%H")) == ("false", original)


def test_one_bad_event_of_a_batch_does_not_lose_the_others(remote: Remote, responder: Responder) -> None:
    result = responder.dispatch({"specversion": "1.0"}, shell())
    assert [response["verdict"] for response in result.responses] == ["invalid", "contained"]
    assert (result.code, remote.show("main:alpine.yaml")) == (2, STOPPED)


@pytest.mark.parametrize(
    ("fields", "code", "verdict", "reason"),
    [
        pytest.param({"k8s.pod.name": "../../etc/passwd"}, 2, "invalid", "Kubernetes does not accept the", id="path"),
        pytest.param({"k8s.ns.name": "$(id)"}, 2, "invalid", "Kubernetes does not accept the", id="namespace"),
        pytest.param({"k8s.pod.name": None}, 1, "refused", "names no pod", id="null"),
        pytest.param({"k8s.pod.name": "<NA>", "k8s.ns.name": "<NA>"}, 1, "refused", "names no pod", id="<NA>"),
        pytest.param(
            {"k8s.pod.name": None, "container.id": "host"}, 1, "refused", "on the node itself", id="host event"
        ),
        pytest.param(
            {"k8s.pod.name": "unknown-77789455d6-m7flp"}, 1, "refused", "no declared workload", id="in no file"
        ),
    ],
)
def test_an_event_without_a_clear_target_changes_nothing_and_says_why(
    remote: Remote, responder: Responder, fields: dict[str, Any], code: int, verdict: str, reason: str
) -> None:
    original = remote.log("%H")
    result = responder.dispatch(shell(**fields))
    (response,) = result.responses
    assert (result.code, response["verdict"]) == (code, verdict)
    assert reason in response["reason"]
    assert remote.log("%H") == original


def test_a_rule_that_nobody_asked_for_is_ignored(remote: Remote, responder: Responder) -> None:
    original = remote.log("%H")
    result = responder.dispatch(sidekick.cloudevent({**SHELL, "rule": "Write below etc"}, event_id="1"))
    assert (result.code, result.responses[0]["verdict"]) == (0, "ignored")
    assert remote.log("%H") == original


def test_a_run_without_an_event_is_bad_input(responder: Responder) -> None:
    result = responder.run({})
    assert result.code == exit_codes.BAD_INPUT
    assert "paste a CloudEvent" in result.log


def test_text_that_is_no_json_is_an_invalid_event(responder: Responder) -> None:
    result = responder.run({}, event="{'rule': 1}")
    assert (result.code, result.responses[0]["verdict"]) == (2, "invalid")
    assert "not JSON" in result.responses[0]["reason"]


def test_a_hostile_rule_name_is_text_wherever_it_appears(remote: Remote, responder: Responder) -> None:
    remote.commit(
        {".github/falco-response.yaml": b"version: 1\nrules: [{name: a, match: {rules: ['x*']}, respond: [stop]}]\n"}
    )
    result = responder.dispatch(sidekick.cloudevent({**SHELL, "rule": HOSTILE}, event_id="1\nResponse: x"))
    assert (result.code, remote.show("main:alpine.yaml")) == (0, STOPPED)
    commands = [line for line in result.log.splitlines() if line.lstrip().startswith("::")]
    assert [command.split(" ")[0].split("::")[1] for command in commands] == ["notice", "stop-commands", "m4rker"]
    assert "<script>" not in result.summary
    assert "@everyone" not in result.summary
    rows = [line for line in result.summary.splitlines() if line.startswith("| ")]
    assert {line.count("|") for line in rows} == {3, 5}  # of the event and of the timeline
    trailers = remote.log("%(trailers:key=Response,valueonly)")
    assert trailers[0] == "stop Deployment default/alpine-deployment"
    assert set(result.outputs) == {"changed", "commit", "pull-request", "responses"}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param({"a.yaml": ALPINE}, "several declared workloads", id="in two files"),
        pytest.param({"alpine.yaml": ALPINE + b"---\n" + ALPINE}, "several declared workloads", id="twice in one file"),
        pytest.param({"alpine.yaml": MANIFEST + b"spec:\n  replicas: 1\n  replicas: 2\n"}, "duplicate-key", id="keys"),
        pytest.param({"alpine.yaml": b"x: &x 2\n" + MANIFEST + b"spec: {replicas: *x}\n"}, "alias", id="alias"),
    ],
)
def test_a_manifest_that_leaves_a_doubt_is_refused(
    remote: Remote, responder: Responder, files: dict[str, bytes], reason: str
) -> None:
    remote.commit(files)
    original = remote.log("%H")
    result = responder.dispatch(shell())
    (response,) = result.responses
    assert (result.code, response["verdict"]) == (1, "refused")
    assert reason in response["reason"]
    assert remote.log("%H") == original


@pytest.mark.parametrize(
    ("original", "edited"),
    [
        pytest.param(ALPINE.replace(b"\n", b"\r\n"), STOPPED.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(b"\xef\xbb\xbf" + ALPINE, b"\xef\xbb\xbf" + STOPPED, id="byte order mark"),
        pytest.param(ALPINE.rstrip(), STOPPED.rstrip(), id="no final newline"),
        pytest.param(
            CONFIG + b"---\n" + ALPINE + b"---\n# nothing\n",
            CONFIG + b"---\n" + STOPPED + b"---\n# nothing\n",
            id="several documents",
        ),
    ],
)
def test_every_other_byte_stays(remote: Remote, responder: Responder, original: bytes, edited: bytes) -> None:
    remote.commit({"alpine.yaml": original, "chart/templates/x.yaml": b"kind: Deployment\n{{- if .Values.a }}\n"})
    assert responder.dispatch(shell()).code == 0
    assert remote.show("main:alpine.yaml") == edited


def test_broken_rules_stop_everything_and_say_where(remote: Remote, responder: Responder) -> None:
    remote.commit(
        {".github/falco-response.yaml": b"version: 1\nrules: [{name: a, match: {rulez: [x]}, respond: [stop]}]\n"}
    )
    result = responder.dispatch(shell())
    assert result.code == exit_codes.BAD_INPUT
    assert ".github/falco-response.yaml" in result.log
    assert "rulez" in result.log


def test_a_protected_namespace_is_never_touched(remote: Remote, responder: Responder) -> None:
    manifest = MANIFEST.replace(b"default", b"kube-system") + b"spec: {replicas: 2}\n"
    remote.commit({"system.yaml": manifest})
    result = responder.dispatch(shell(**{"k8s.ns.name": "kube-system"}))
    assert (result.code, result.responses[0]["verdict"]) == (1, "refused")
    assert "protected" in result.responses[0]["reason"]


def test_a_push_that_the_remote_refuses_fails_with_what_would_help(remote: Remote, responder: Responder) -> None:
    remote.refuse_pushes("GH013: Repository rule violations found")
    result = responder.dispatch(shell())
    assert result.code == exit_codes.FAILED
    assert "GH013" in result.log
    assert "GitHub App" in result.log


def test_a_directory_outside_the_workspace_is_bad_input(responder: Responder) -> None:
    assert responder.dispatch(shell(), directory="../..").code == exit_codes.BAD_INPUT


@needs_kustomize
def test_the_summary_shows_what_the_rendering_proves(responder: Responder) -> None:
    result = responder.dispatch(shell(), verify="require")
    assert result.code == 0
    rendered = html.unescape(result.summary).partition("Rendered, ")[2].partition("###")[0]
    assert rendered.startswith("proved: the response is the only difference in")
    assert "-  replicas: 2\n+  replicas: 0\n" in rendered


def test_without_a_proof_nothing_is_pushed_where_one_is_required(
    remote: Remote, responder: Responder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(str(shutil.which("git")))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    result = responder.dispatch(shell(), verify="require")
    assert result.code == 1
    assert remote.show("main:alpine.yaml") == ALPINE
    assert result.responses[0]["reason"] == "the rendered proof failed: there is no kustomize on the PATH"
    result = responder.dispatch(shell(), verify="auto")
    assert result.code == 0
    assert "not possible: there is no kustomize on the PATH" in html.unescape(result.summary)


@needs_kustomize
def test_what_the_rendering_does_not_bear_out_is_refused_with_the_difference(
    new_remote: NewRemote, tmp_path: Path
) -> None:
    replaced = b"""\
resources: [alpine.yaml, count.yaml]
replacements:
  - source: {kind: ConfigMap, name: count, fieldPath: data.replicas}
    targets: [{select: {kind: Deployment}, fieldPaths: [spec.replicas]}]
"""
    count = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: count}\ndata: {replicas: '5'}\n"
    remote = new_remote({"alpine.yaml": ALPINE, "count.yaml": count, "kustomization.yaml": replaced})
    result = Responder(remote, tmp_path).dispatch(shell())
    assert result.code == 1
    assert "The rendered proof failed: the commit would do nothing" in html.unescape(result.summary)
    assert remote.show("main:alpine.yaml") == ALPINE


ISOLATE = b"version: 1\nrules: [{name: cut off, match: {rules: ['*']}, respond: [stop, isolate]}]\n"


@pytest.mark.parametrize("mode", ["commit", "dry-run"])
def test_a_new_file_is_shown_and_committed(new_remote: NewRemote, tmp_path: Path, mode: str) -> None:
    kustomization = b"resources:\n  - alpine.yaml\n"
    remote = new_remote(
        {"alpine.yaml": ALPINE, "kustomization.yaml": kustomization, ".github/falco-response.yaml": ISOLATE}
    )
    result = Responder(remote, tmp_path).dispatch(shell(), mode=mode)
    assert result.code == 0
    assert "+kind: NetworkPolicy" in result.summary
    assert "+  - isolate-alpine-deployment.yaml" in result.summary
    if mode == "commit":
        assert remote.show("main:kustomization.yaml") == kustomization + b"  - isolate-alpine-deployment.yaml\n"
        assert b"kind: NetworkPolicy" in remote.show("main:isolate-alpine-deployment.yaml")
        assert remote.show("main:alpine.yaml") == STOPPED
    else:
        assert len(remote.log("%H")) == 1
