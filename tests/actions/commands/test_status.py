"""The status action from a real history: what counts as contained, what has ended, and who ended it."""

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from responder.commands import exit_codes
from tests.actions.conftest import ENVIRON, NewRemote, Remote, command
from tests.actions.runs import ALPINE, STOPPED, Responder, shell

OTHER = ALPINE.replace(b"alpine-deployment", b"other")
RULES = (
    b"version: 1\nlimits: {responses-per-hour: 1000}\nrules: [{name: all, match: {rules: ['*']}, respond: [stop]}]\n"
)
OTHER_POD = {"k8s.pod.name": "other-77789455d6-m7flp"}


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote({"alpine.yaml": ALPINE, "other.yaml": OTHER, ".github/falco-response.yaml": RULES})


@pytest.fixture
def responder(remote: Remote, tmp_path: Path) -> Responder:
    return Responder(remote, tmp_path)


def states(responder: Responder) -> list[tuple[str, str]]:
    """Return the name and the state of each response, the newest first."""
    return [(response["name"], response["state"]) for response in document(responder)["responses"]]


def document(responder: Responder) -> Mapping[str, Any]:
    """Return the JSON document of a run of the action."""
    workspace = responder.workspace()
    responder.environ = {"GITHUB_WORKSPACE": str(workspace)}
    result = responder.status(json="status.json")
    responder.environ = {}
    assert result.code == 0, result.log
    content: Mapping[str, Any] = json.loads((workspace / "status.json").read_bytes())
    return content


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


def committed(remote: Remote, sha: str) -> str:
    timestamp = command("git", "show", "--no-patch", "--format=%ct", sha, cwd=remote.path).decode()
    return datetime.fromtimestamp(int(timestamp), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_without_a_response_nothing_is_contained(responder: Responder) -> None:
    result = responder.status()
    assert (result.code, result.outputs["contained"], result.outputs["responses"]) == (0, "0", "[]")
    assert result.summary.startswith("## Nothing is contained\n")


def test_a_restored_response_is_restored_by_the_commit_that_did_it(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    sha = responder.restore(event="5b2e").outputs["commit"]
    content = document(responder)
    (response,) = content["responses"]
    assert (response["state"], response["ended-by"], response["undo"]) == ("restored", sha, None)
    assert response["until"] == committed(remote, sha)
    assert (content["contained"], content["median-seconds"]) == (0, response["seconds"])


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"alpine.yaml": ALPINE}, id="as it was"),
        pytest.param({"alpine.yaml": STOPPED.replace(b"replicas: 0", b"replicas: 1")}, id="to another value"),
        pytest.param({"alpine.yaml": b"# nothing\n"}, id="with its object"),
    ],
)
def test_what_somebody_changed_back_is_undone_by_hand_with_their_commit(
    remote: Remote, responder: Responder, files: dict[str, bytes]
) -> None:
    responder.dispatch(shell())
    remote.commit({"alpine.yaml": STOPPED + b"# a remark\n"}, "Add a remark")
    remote.commit(files, "Start it again")
    sha = remote.log("%H")[0]
    remote.commit({"alpine.yaml": next(iter(files.values())) + b"# another remark\n"}, "Add another remark")
    (response,) = document(responder)["responses"]
    assert (response["state"], response["ended-by"], response["ended-by-author"]) == (
        "undone by hand",
        sha,
        "Somebody",
    )
    assert response["until"] == committed(remote, sha)


def test_a_deleted_file_is_undone_by_hand(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    remove(remote, "alpine.yaml")
    assert states(responder) == [("alpine-deployment", "undone by hand")]


def remove(remote: Remote, *names: str) -> None:
    root = remote.checkout().root
    command("git", "rm", "--quiet", *names, cwd=root)
    command("git", "commit", "--quiet", "--message=Remove", cwd=root)
    command("git", "push", "--quiet", "origin", "HEAD:main", cwd=root)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"alpine.yaml": STOPPED.replace(b"image: alpine", b"image: alpine:3.22")}, id="another field"),
        pytest.param({"alpine.yaml": OTHER + b"---\n" + STOPPED}, id="a document before it"),
        pytest.param({"alpine.yaml": b"# A remark\n" + STOPPED}, id="a remark"),
    ],
)
def test_work_of_others_in_the_same_file_ends_nothing(
    remote: Remote, responder: Responder, files: dict[str, bytes]
) -> None:
    responder.dispatch(shell())
    remote.commit(files)
    assert states(responder) == [("alpine-deployment", "in force")]


def test_a_file_that_has_moved_is_followed(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    root = remote.checkout().root
    (root / "apps").mkdir()
    command("git", "mv", "alpine.yaml", "apps/alpine.yaml", cwd=root)
    command("git", "commit", "--quiet", "--message=Move it", cwd=root)
    command("git", "push", "--quiet", "origin", "HEAD:main", cwd=root)
    assert states(responder) == [("alpine-deployment", "in force")]


def test_a_file_that_is_no_yaml_any_more_is_unclear_and_counts(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    remote.commit({"alpine.yaml": STOPPED.replace(b"spec:", b"spec: {{ x }}")})
    result = responder.status()
    assert (result.outputs["contained"], json.loads(result.outputs["responses"])[0]["state"]) == ("1", "unclear")
    assert "only a person can tell" in result.summary


def test_undone_and_contained_again_is_one_in_force_and_one_undone(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    remote.commit({"alpine.yaml": ALPINE})
    responder.dispatch({**shell(), "id": "7d40"})
    content = document(responder)
    assert [(row["event"], row["state"]) for row in content["responses"]] == [
        ("7d40", "in force"),
        ("5b2e", "undone by hand"),
    ]
    assert content["responses"][1]["ended-by"] == remote.log("%H")[1]


def test_restored_and_contained_again_is_one_in_force_and_one_restored(responder: Responder) -> None:
    responder.dispatch(shell())
    responder.restore(event="5b2e")
    responder.dispatch({**shell(), "id": "7d40"})
    assert [state for _, state in states(responder)] == ["in force", "restored"]


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
    age(remote, days=8)
    result = responder.status()
    assert (result.code, result.outputs["overdue"]) == (exit_codes.FAILED, "1")
    assert "::error::Deployment default/alpine-deployment in prod has been contained for 8 d" in result.log
    assert "> [!WARNING]" in result.summary
    responder.restore(event="5b2e")
    assert responder.status().code == exit_codes.SUCCESS


def age(remote: Remote, *, days: int) -> None:
    """Make the last commit older."""
    root = remote.checkout().root
    author = command("git", "show", "--no-patch", "--format=%an%n%ae%n%ct", cwd=root).decode().splitlines()
    date = f"@{int(author[2]) - days * 86400} +0000"
    identity = {"GIT_COMMITTER_NAME": author[0], "GIT_COMMITTER_EMAIL": author[1], "GIT_COMMITTER_DATE": date}
    amend = ["git", "commit", "--quiet", "--amend", "--no-edit", "--allow-empty"]
    subprocess.run(amend, cwd=root, env={**ENVIRON, **identity}, check=True)
    command("git", "push", "--quiet", "--force", "origin", "HEAD:main", cwd=root)


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


def test_a_response_that_a_merge_brought_in_counts_from_the_merge(remote: Remote, responder: Responder) -> None:
    responder.dispatch(shell())
    root = remote.checkout().root
    for arguments in (
        ["branch", "topic"],
        ["reset", "--quiet", "--hard", "HEAD~1"],
        ["commit", "--quiet", "--allow-empty", "--message=Meanwhile"],
        ["merge", "--quiet", "--no-ff", "--message=Merge it", "topic"],
        ["push", "--quiet", "--force", "origin", "HEAD:main"],
    ):
        command("git", *arguments, cwd=root)
    merge = remote.log("%H")[0]
    (response,) = document(responder)["responses"]
    assert (response["state"], response["since"]) == ("in force", committed(remote, merge))


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
