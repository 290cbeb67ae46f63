"""A work tree gives what lies in it, nothing from outside, and reads only what is needed."""

import os
from pathlib import Path

import pytest

from responder.errors import NotFound
from responder.gitops.workloads.locate import locate
from responder.publish.work_tree import WorkTree
from tests.actions.gitops.test_checkout import POD, WEB, write


def test_a_link_that_stays_inside_is_followed(tmp_path: Path) -> None:
    write(tmp_path, "base/kustomization.yaml", "resources: [web.yaml]")
    write(tmp_path, "base/web.yaml", WEB)
    write(tmp_path, "prod/kustomization.yaml", "resources: [linked]")
    (tmp_path / "prod/linked").symlink_to("../base", target_is_directory=True)
    target = locate(WorkTree(tmp_path).checkout(), subject=POD)
    assert (str(target), target.object.cluster) == ("base/web.yaml:1 (Deployment shop/web)", "prod")


@pytest.mark.parametrize("link", ["file", "folder"])
def test_a_link_that_leads_out_is_not_followed(tmp_path: Path, link: str) -> None:
    root = tmp_path / "checkout"
    write(tmp_path, "outside/kustomization.yaml", "resources: [web.yaml]")
    write(tmp_path, "outside/web.yaml", WEB)
    write(root, "kustomization.yaml", f"resources: [{'web.yaml' if link == 'file' else 'folder'}]")
    target = "outside/web.yaml" if link == "file" else "outside"
    (root / ("web.yaml" if link == "file" else "folder")).symlink_to(tmp_path / target)
    with pytest.raises(NotFound):
        locate(WorkTree(root).checkout(), subject=POD)


def test_what_flux_leaves_out_of_a_source_is_not_read(tmp_path: Path) -> None:
    for path in (".git/web.yaml", ".github/workflows/web.yaml", ".sops.yaml", ".gitlab-ci.yml", "web.txt"):
        write(tmp_path, path, WEB)
    write(tmp_path, ".hidden/web.yaml", WEB)
    assert list(WorkTree(tmp_path).checkout().manifests) == [".hidden/web.yaml"]


def test_a_file_that_is_no_manifest_is_read_when_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "patch.json", "[]")
    checkout = WorkTree(tmp_path).checkout()
    assert (checkout.read("patch.json"), checkout.read("missing.json")) == (b"[]", None)


def test_a_file_that_is_no_manifest_is_opened_only_when_its_content_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "patch.json", "[]")
    checkout = WorkTree(tmp_path).checkout()
    (tmp_path / "patch.json").unlink()
    assert ("patch.json" in checkout, list(checkout.other_files), len(checkout.other_files)) == (
        True,
        ["patch.json"],
        1,
    )
    with pytest.raises(FileNotFoundError):
        checkout.read("patch.json")


def test_a_file_of_the_work_tree_is_copied_by_a_link_to_it(tmp_path: Path) -> None:
    write(tmp_path, "tree/chart/values.json", "{}")
    WorkTree(tmp_path / "tree").copy("chart/values.json", tmp_path / "copy.json")
    assert (tmp_path / "copy.json").samefile(tmp_path / "tree/chart/values.json")


def test_a_file_that_cannot_be_linked_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("another file system")

    monkeypatch.setattr("os.link", refuse)
    write(tmp_path, "values.json", "{}")
    WorkTree(tmp_path).copy("values.json", tmp_path / "copy.json")
    assert (tmp_path / "copy.json").read_text() == "{}"


def test_a_pipe_with_the_name_of_a_manifest_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, "web.yaml", WEB)
    os.mkfifo(tmp_path / "pipe.yaml")
    checkout = WorkTree(tmp_path).checkout()
    assert locate(checkout, subject=POD).line == 1
    assert "pipe.yaml" not in checkout


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file: run the tests as another user")
def test_a_manifest_that_may_not_be_read_costs_nothing(tmp_path: Path) -> None:
    write(tmp_path, "web.yaml", WEB)
    write(tmp_path, "secret.yaml", WEB)
    (tmp_path / "secret.yaml").chmod(0)
    assert str(locate(WorkTree(tmp_path).checkout(), subject=POD).file) == "web.yaml"
