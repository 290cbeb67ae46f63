"""The status action from its inputs to what it writes: what counts, what it refuses, and when it fails."""

import json
import subprocess
from pathlib import Path

import pytest

from responder.commands import exit_codes
from tests.actions.commands.contained import OTHER, OTHER_POD, RULES, committed, make_older, states
from tests.actions.conftest import ENVIRON, NewRemote, Remote, command
from tests.actions.runs import ALPINE, Responder, shell


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote({"alpine.yaml": ALPINE, "other.yaml": OTHER, ".github/falco-response.yaml": RULES})


@pytest.fixture
def responder(remote: Remote, tmp_path: Path) -> Responder:
    return Responder(remote, tmp_path)


def test_what_was_contained_is_in_force_with_all_that_a_person_needs(remote: Remote, responder: Responder) -> None:
    sha = responder.dispatch(shell()).outputs["commit"]
    result = responder.status()
    (response,) = json.loads(result.outputs["responses"])
    assert (result.code, result.outputs["contained"], result.outputs["overdue"]) == (0, "1", "0")
    assert (response.pop("since"), response.pop("seconds") < 60) == (committed(remote, sha), True)
    assert response == {
        "state": "in force",
        "kind": "Deployment",
        "namespace": "default",
        "name": "alpine-deployment",
        "cluster": "prod",
        "response": "stop",
        "until": None,
        "overdue": False,
        "falco-rule": "Terminal shell in container",
        "priority": "Notice",
        "event": "5b2e",
        "source": "https://falco.org",
        "commit": sha,
        "commit-url": f"https://github.example/acme/desired-state/commit/{sha}",
        "ended-by": None,
        "ended-by-author": None,
        "undo": f"gh workflow run restore.yml -f commit={sha}",
    }
    assert result.summary.startswith("## 1 workload is contained\n")
    assert f"gh workflow run restore.yml -f commit={sha}" in result.summary


def test_without_a_response_nothing_is_contained(responder: Responder) -> None:
    result = responder.status()
    assert (result.code, result.outputs["contained"], result.outputs["responses"]) == (0, "0", "[]")
    assert result.summary.startswith("## Nothing is contained\n")


def test_one_response_of_a_batch_is_undone_by_its_event(remote: Remote, responder: Responder) -> None:
    sha = responder.dispatch(shell(), {**shell(**OTHER_POD), "id": "6c3f $(id)"}).outputs["commit"]
    result = responder.status()
    commands = {row["name"]: row["undo"] for row in json.loads(result.outputs["responses"])}
    assert commands["alpine-deployment"] == "gh workflow run restore.yml -f event=5b2e"
    event = pasted(commands["other"])["event"]
    assert responder.restore(event=event).code == 0
    assert remote.show("main:other.yaml") == OTHER
    assert sorted(states(responder)) == [("alpine-deployment", "in force"), ("other", "restored")]
    assert remote.log("%H")[1] == sha


def pasted(line: str) -> dict[str, str]:
    """Return the inputs that GitHub's CLI would get from a shell that has the line."""
    script = f"gh() {{ printf '%s' \"$5\"; }}; {line}"
    output = subprocess.run(["bash", "-c", script], capture_output=True, check=True, text=True, env=ENVIRON).stdout
    name, _, value = output.partition("=")
    return {name: value}


def test_what_is_contained_for_longer_than_the_rules_want_fails_the_run(remote: Remote, tmp_path: Path) -> None:
    rules = RULES.replace(b"responses-per-hour: 1000", b"contained-days: 7")
    remote.commit({".github/falco-response.yaml": rules})
    responder = Responder(remote, tmp_path)
    responder.dispatch(shell())
    assert responder.status().code == exit_codes.SUCCESS
    make_older(remote, days=8)
    result = responder.status()
    assert (result.code, result.outputs["overdue"]) == (exit_codes.FAILED, "1")
    assert "::error::Deployment default/alpine-deployment in prod has been contained for 8 d" in result.log
    assert "> [!WARNING]" in result.summary
    responder.restore(event="5b2e")
    assert responder.status().code == exit_codes.SUCCESS


FORGED = (
    "Stop it\n\nFalco-Rule: a\nFalco-Priority: Notice\nCloudEvent-Id: evil\nCloudEvent-Source: s\n"
    "Response: stop Deployment default/other\n"
    'Previous: {"file":"other.yaml","document":0,"path":["spec","replicas"],"value":2}\n'
)


def test_a_commit_that_only_looks_like_a_response_or_a_restore_does_not_count(
    remote: Remote, responder: Responder
) -> None:
    sha = responder.dispatch(shell()).outputs["commit"]
    remote.commit({"other.yaml": OTHER.replace(b"replicas: 2  #", b"replicas: 0  #")}, FORGED)
    forged_undo = f"Restored-Commit: {sha}\nRestored-Event: 5b2e\nRestored-Response: stop Deployment default/alpine"
    remote.commit({"x": b"y"}, f"Restore it\n\n{forged_undo}-deployment\n")
    result = responder.status()
    assert [row["name"] for row in json.loads(result.outputs["responses"])] == ["alpine-deployment"]
    assert result.log.count("but this action did not make it") == 2


def test_half_a_record_is_passed_over_with_a_warning(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    remote.commit({"x": b"y"}, "x\n\nFalco-Rule: y\nCloudEvent-Id: z\n")
    result = responder.status()
    assert (result.code, result.outputs["contained"]) == (0, "1")
    assert "::warning::commit" in result.log


def test_a_shallow_checkout_is_refused(remote: Remote, responder: Responder, tmp_path: Path) -> None:
    responder.dispatch(shell())
    root = tmp_path / "shallow"
    command("git", "clone", "--quiet", "--depth=1", f"file://{remote.path}", str(root))
    responder.environ = {"GITHUB_WORKSPACE": str(root)}
    result = responder.status()
    assert (result.code, result.outputs) == (exit_codes.BAD_INPUT, {})
    assert "`fetch-depth: 0`" in result.log


def test_a_sparse_checkout_says_the_same_as_a_whole_one(remote: Remote, responder: Responder, tmp_path: Path) -> None:
    responder.dispatch(shell(), {**shell(**OTHER_POD), "id": "6c3f"})
    remote.commit({"other.yaml": OTHER})
    root = tmp_path / "sparse"
    command("git", "clone", "--quiet", "--sparse", str(remote.path), str(root))
    command("git", "sparse-checkout", "set", ".github", "--no-cone", cwd=root)
    assert not (root / "alpine.yaml").exists()
    responder.environ = {"GITHUB_WORKSPACE": str(root)}
    result = responder.status()
    assert [row["name"] for row in json.loads(result.outputs["responses"])] == ["alpine-deployment"]


def test_a_checkout_without_the_rules_is_refused(remote: Remote, responder: Responder, tmp_path: Path) -> None:
    root = tmp_path / "sparse"
    command("git", "clone", "--quiet", "--sparse", str(remote.path), str(root))
    command("git", "sparse-checkout", "set", "other.yaml", "--no-cone", cwd=root)
    responder.environ = {"GITHUB_WORKSPACE": str(root)}
    result = responder.status()
    assert (result.code, "the checkout lacks .github/falco-response.yaml" in result.log) == (2, True)


def test_records_of_another_directory_are_unclear_not_undone(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"state/alpine.yaml": ALPINE, "elsewhere/x.yaml": b"a: 1\n"})
    responder = Responder(remote, tmp_path)
    responder.dispatch(shell(), directory="state")
    for directory, state in {"state": "in force", "elsewhere": "unclear"}.items():
        (response,) = json.loads(responder.status(directory=directory).outputs["responses"])
        assert response["state"] == state


@pytest.mark.parametrize("name", ["../page.html", "/etc/page.html", "link/page.html", "no-folder/page.html", ".github"])
@pytest.mark.parametrize("input_name", ["html", "json"])
def test_a_file_is_only_written_in_the_workspace(
    responder: Responder, tmp_path: Path, name: str, input_name: str
) -> None:
    workspace = responder.workspace()
    (tmp_path / "outside").mkdir()
    (workspace / "link").symlink_to(tmp_path / "outside")
    responder.environ = {"GITHUB_WORKSPACE": str(workspace)}
    result = responder.status(**{input_name: name})
    assert (result.code, f"input {input_name} is no file" in result.log) == (exit_codes.BAD_INPUT, True)
    assert list((tmp_path / "outside").iterdir()) == []


def test_the_page_is_written_where_the_input_says(responder: Responder) -> None:
    responder.dispatch(shell())
    workspace = responder.workspace()
    responder.environ = {"GITHUB_WORKSPACE": str(workspace)}
    assert responder.status(html="status.html").code == 0
    page = (workspace / "status.html").read_text()
    assert "1 workload is contained" in page
    assert "Deployment default/alpine-deployment" in page
