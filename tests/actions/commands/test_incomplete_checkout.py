"""A part of the desired state is not taken for the whole."""

from pathlib import Path

import pytest

from responder.commands import exit_codes
from tests.actions.conftest import NewRemote, Remote, command
from tests.actions.runs import ALPINE, STOPPED, Responder, shell

RULES = ".github/falco-response.yaml"
CLUSTERS = b"""\
version: 1
clusters: {prod: {path: clusters/prod}, staging: {path: clusters/staging}}
rules: [{name: all, match: {rules: ['*']}, respond: [stop]}]
"""
ENTRY = b"resources: [../../base]\n"
FILES = {
    "base/alpine.yaml": ALPINE,
    "base/kustomization.yaml": b"resources: [alpine.yaml]\n",
    "clusters/prod/kustomization.yaml": ENTRY,
    "clusters/staging/kustomization.yaml": ENTRY,
    "docs/page.md": b"x\n",
}


class SparseResponder(Responder):
    """Runs the actions in checkouts that have only some folders."""

    folders: tuple[str, ...] = ("base", "clusters/prod", ".github")

    def workspace(self) -> Path:
        root = super().workspace()
        command("git", "sparse-checkout", "set", *self.folders, cwd=root)
        return root


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote({**FILES, RULES: CLUSTERS})


@pytest.fixture
def responder(remote: Remote, tmp_path: Path) -> SparseResponder:
    return SparseResponder(remote, tmp_path)


def test_a_sparse_checkout_changes_no_base_that_a_folder_outside_it_shares(
    remote: Remote, responder: SparseResponder
) -> None:
    result = responder.dispatch(shell(), verify="off")
    assert result.code == exit_codes.BAD_INPUT
    assert "the checkout lacks 1 files of the desired state, in clusters/" in result.log
    assert "sparse-checkout" in result.log
    assert remote.log("%s") == ["Describe the desired state"]


def test_a_sparse_checkout_of_all_that_flux_reads_is_enough(remote: Remote, tmp_path: Path) -> None:
    responder = SparseResponder(remote, tmp_path)
    responder.folders = ("base", "clusters", ".github")
    assert responder.dispatch(shell(), verify="off").code == exit_codes.SUCCESS
    assert b"count: 0" in remote.show("main:clusters/prod/kustomization.yaml")
    assert remote.show("main:base/alpine.yaml") == ALPINE


def test_a_directory_is_complete_by_itself(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"state/alpine.yaml": ALPINE, "elsewhere/x.yaml": b"{}\n"})
    responder = SparseResponder(remote, tmp_path)
    responder.folders = ("state",)
    assert responder.dispatch(shell(), directory="state").code == 0
    assert remote.show("main:state/alpine.yaml") == STOPPED


def test_rules_that_are_not_checked_out_are_not_taken_for_absent(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"state/alpine.yaml": ALPINE, RULES: CLUSTERS})
    responder = SparseResponder(remote, tmp_path)
    responder.folders = ("state",)
    for result in (responder.dispatch(shell(), directory="state"), responder.check(), responder.restore(event="5b2e")):
        assert result.code == exit_codes.BAD_INPUT
        assert f"the checkout lacks {RULES}" in result.log
    assert remote.show("main:state/alpine.yaml") == ALPINE


def absent_cluster(new_remote: NewRemote, tmp_path: Path, more: dict[str, bytes]) -> tuple[Remote, Responder]:
    """Return a repository whose rules name a folder for staging that it does not have."""
    files = {name: data for name, data in FILES.items() if "staging" not in name}
    remote = new_remote({**files, **more, RULES: CLUSTERS})
    return remote, Responder(remote, tmp_path)


def test_a_cluster_whose_folder_is_absent_refuses_what_it_may_read_too(new_remote: NewRemote, tmp_path: Path) -> None:
    remote, responder = absent_cluster(new_remote, tmp_path, {})
    for verify in ("off", "auto"):
        result = responder.dispatch(shell(), verify=verify)
        assert result.code == exit_codes.FAILED
        (response,) = result.responses
        assert response["reason"].startswith("base/alpine.yaml may be read by another cluster too: cluster staging")
        assert "there is no folder clusters/staging. Check it out too" in response["reason"]
    assert remote.show("main:base/alpine.yaml") == ALPINE


def test_an_event_of_a_cluster_whose_folder_is_absent_is_refused_with_the_reason(
    new_remote: NewRemote, tmp_path: Path
) -> None:
    _, responder = absent_cluster(new_remote, tmp_path, {})
    (response,) = responder.dispatch({**shell(), "cluster": "staging"}).responses
    assert response["verdict"] == "refused"
    assert "cluster staging: there is no folder clusters/staging" in response["reason"]


def test_a_cluster_whose_folder_is_absent_keeps_no_other_cluster_from_what_is_its_own(
    new_remote: NewRemote, tmp_path: Path
) -> None:
    more = {
        "clusters/prod/kustomization.yaml": b"resources: [web.yaml]\n",
        "clusters/prod/web.yaml": ALPINE,
        "base/alpine.yaml": ALPINE.replace(b"alpine", b"other"),
    }
    remote, responder = absent_cluster(new_remote, tmp_path, more)
    assert responder.dispatch(shell(), verify="off").code == exit_codes.SUCCESS
    assert remote.show("main:clusters/prod/web.yaml") == STOPPED


@pytest.mark.parametrize("path", ["clusters", "."])
def test_what_is_below_a_folder_that_an_absent_one_would_lie_in_too_is_not_its_own(
    new_remote: NewRemote, tmp_path: Path, path: str
) -> None:
    rules = CLUSTERS.replace(b"clusters/prod", path.encode())
    files = {"clusters/web.yaml": ALPINE, RULES: rules}
    result = Responder(new_remote(files), tmp_path).dispatch(shell(), verify="off")
    assert result.code == exit_codes.FAILED
    assert "clusters/web.yaml may be read by another cluster too" in result.responses[0]["reason"]


def test_check_says_what_the_checkout_lacks(responder: SparseResponder) -> None:
    result = responder.check()
    assert result.code == exit_codes.FAILED
    assert "the checkout lacks 1 files of the desired state" in result.log


@pytest.mark.parametrize("missing", [".sourceignore", "link"])
def test_files_that_decide_what_flux_reads_are_part_of_the_desired_state(
    new_remote: NewRemote, tmp_path: Path, missing: str
) -> None:
    remote = new_remote({"alpine.yaml": ALPINE, ".sourceignore": b"x/\n"})
    root = remote.checkout().root
    (root / "link").symlink_to("elsewhere")
    command("git", "add", "--all", cwd=root)
    command("git", "commit", "--quiet", "--message=x", cwd=root)
    command("git", "push", "--quiet", "origin", "HEAD:main", cwd=root)

    class Incomplete(Responder):
        def workspace(self) -> Path:
            root = super().workspace()
            (root / missing).unlink()
            return root

    result = Incomplete(remote, tmp_path).dispatch(shell())
    assert result.code == exit_codes.BAD_INPUT
    assert f"in {missing}:" in result.log
