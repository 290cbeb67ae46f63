"""Files that cannot be committed, or only look so: the others of the batch are committed all the same."""

import os
from pathlib import Path

import pytest

from responder.commands import exit_codes
from tests.actions.conftest import NewRemote, Remote, command
from tests.actions.runs import ALPINE, STOPPED, Responder, shell

OTHER = ALPINE.replace(b"alpine-deployment", b"other")
OTHER_STOPPED = OTHER.replace(b"replicas: 2  #", b"replicas: 0  #")
EVERY = b"version: 1\nrules: [{name: all, match: {rules: ['*']}, respond: [%s]}]\n"
RULES = ".github/falco-response.yaml"
EVENTS = (shell(), {**shell(**{"k8s.pod.name": "other-77789455d6-m7flp"}), "id": "2"})


def with_submodule(remote: Remote) -> None:
    """Move the manifest `alpine.yaml` into a submodule `vendor`."""
    root = remote.checkout().root
    bare = remote.path.parent / "vendor.git"
    command("git", "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    vendor = root / "vendor"
    command("git", "clone", "--quiet", str(bare), str(vendor))
    (root / "alpine.yaml").rename(vendor / "alpine.yaml")
    for folder in (vendor, root):
        command("git", "add", "--all", cwd=folder)
        command("git", "commit", "--quiet", "--message=Use a submodule", cwd=folder)
        command("git", "push", "--quiet", "origin", "HEAD:main", cwd=folder)


class SubmoduleResponder(Responder):
    """Runs the actions in checkouts with the submodule, as `submodules: true` makes them."""

    def workspace(self) -> Path:
        root = super().workspace()
        command("git", "clone", "--quiet", str(root.parent / "vendor.git"), str(root / "vendor"))
        return root


@pytest.mark.parametrize("verdicts", [["refused", "contained"]])
def test_a_workload_in_a_submodule_costs_its_own_event_alone(
    new_remote: NewRemote, tmp_path: Path, verdicts: list[str]
) -> None:
    remote = new_remote({"alpine.yaml": ALPINE, "other.yaml": OTHER, RULES: EVERY % b"stop"})
    with_submodule(remote)
    result = SubmoduleResponder(remote, tmp_path).dispatch(*EVENTS)
    assert [response["verdict"] for response in result.responses] == verdicts
    assert "is in vendor, a submodule here" in result.responses[0]["reason"]
    assert result.code == exit_codes.FAILED
    assert remote.show("main:other.yaml") == OTHER_STOPPED


def test_a_policy_in_an_ignored_file_is_committed(new_remote: NewRemote, tmp_path: Path) -> None:
    files = {"alpine.yaml": ALPINE, "other.yaml": OTHER, RULES: EVERY % b"isolate", ".gitignore": b"isolate-*\n"}
    remote = new_remote(files)
    result = Responder(remote, tmp_path).dispatch(*EVENTS)
    assert (result.code, [response["verdict"] for response in result.responses]) == (0, ["contained", "contained"])
    assert {"isolate-alpine-deployment.yaml", "isolate-other.yaml"} <= set(remote.git_files())


def test_a_folder_in_place_of_a_new_file_costs_its_own_event_alone(new_remote: NewRemote, tmp_path: Path) -> None:
    folder = "isolate-alpine-deployment.yaml/README.md"
    remote = new_remote({"alpine.yaml": ALPINE, "other.yaml": OTHER, RULES: EVERY % b"isolate", folder: b"x\n"})
    result = Responder(remote, tmp_path).dispatch(*EVENTS)
    assert [response["verdict"] for response in result.responses] == ["refused", "contained"]
    assert "is a folder" in result.responses[0]["reason"]
    assert "isolate-other.yaml" in remote.git_files()


class ReadOnlyResponder(Responder):
    """Runs the actions in checkouts with a manifest that nobody can write to or replace."""

    def workspace(self) -> Path:
        root = super().workspace()
        (root / "alpine.yaml").chmod(0o444)
        return root


def test_a_file_that_is_read_only_in_the_checkout_is_committed(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"alpine.yaml": ALPINE, "other.yaml": OTHER, RULES: EVERY % b"stop"})
    assert ReadOnlyResponder(remote, tmp_path).dispatch(*EVENTS).code == 0
    assert remote.show("main:alpine.yaml") == STOPPED


class GeneratingResponder(Responder):
    """Runs the actions after a step that has generated a manifest, and changed one."""

    def workspace(self) -> Path:
        root = super().workspace()
        (root / "generated.yaml").write_bytes(ALPINE)
        with (root / "other.yaml").open("ab") as file:
            file.write(b"# rendered" + os.linesep.encode())
        return root


def test_what_an_earlier_step_wrote_into_the_checkout_is_not_committed(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"other.yaml": OTHER, RULES: EVERY % b"stop"})
    result = GeneratingResponder(remote, tmp_path).dispatch(*EVENTS)
    first, second = (response["reason"] for response in result.responses)
    assert "generated.yaml is not part of the commit that is checked out" in first
    assert "other.yaml has changes in the checkout that are not committed" in second
    assert remote.log("%s") == ["Describe the desired state"]
