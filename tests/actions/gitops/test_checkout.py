"""A checkout gives what lies in it and nothing else."""

from pathlib import Path

import pytest

from responder.errors import NotFound
from responder.gitops import checkout as files
from responder.gitops.workloads.locate import locate
from responder.kubernetes.pod_names import Pod

WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 1}\n"
POD = Pod(namespace="shop", name="web-77789455d6-m7flp")


def write(root: Path, path: str, content: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(content)


@pytest.mark.parametrize(
    ("folder", "reference", "path"),
    [
        ("apps/prod", "../base", "apps/base"),
        ("apps/prod", "./web.yaml", "apps/prod/web.yaml"),
        ("apps/prod", "../../", "."),
        (".", "apps//prod/", "apps/prod"),
        ("apps/prod", "../../../etc", None),
        (".", "..", None),
        (".", "..hidden", "..hidden"),
        ("apps", "/etc/passwd", None),
    ],
)
def test_a_reference_leads_to_a_path_of_the_checkout_or_nowhere(folder: str, reference: str, path: str | None) -> None:
    assert files.hold({}).resolve(folder, reference) == path


def test_a_link_that_stays_inside_is_followed(tmp_path: Path) -> None:
    write(tmp_path, "base/kustomization.yaml", "resources: [web.yaml]")
    write(tmp_path, "base/web.yaml", WEB)
    write(tmp_path, "prod/kustomization.yaml", "resources: [linked]")
    (tmp_path / "prod/linked").symlink_to("../base", target_is_directory=True)
    target = locate(tmp_path, pod=POD)
    assert (str(target), target.applied.cluster) == ("base/web.yaml:1 (Deployment shop/web)", "prod")


@pytest.mark.parametrize("link", ["file", "folder"])
def test_a_link_that_leads_out_is_not_followed(tmp_path: Path, link: str) -> None:
    root = tmp_path / "checkout"
    write(tmp_path, "outside/kustomization.yaml", "resources: [web.yaml]")
    write(tmp_path, "outside/web.yaml", WEB)
    write(root, "kustomization.yaml", f"resources: [{'web.yaml' if link == 'file' else 'folder'}]")
    target = "outside/web.yaml" if link == "file" else "outside"
    (root / ("web.yaml" if link == "file" else "folder")).symlink_to(tmp_path / target)
    with pytest.raises(NotFound):
        locate(root, pod=POD)


def test_links_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    checkout = files.read(tmp_path)
    assert checkout.resolve(".", "a/web.yaml") is None


def test_what_flux_leaves_out_of_a_source_is_not_read(tmp_path: Path) -> None:
    for path in (".git/web.yaml", ".github/workflows/web.yaml", ".sops.yaml", ".gitlab-ci.yml", "web.txt"):
        write(tmp_path, path, WEB)
    write(tmp_path, ".hidden/web.yaml", WEB)
    assert list(files.read(tmp_path).manifests) == [".hidden/web.yaml"]


def test_a_file_that_is_no_manifest_is_read_when_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "patch.json", "[]")
    checkout = files.read(tmp_path)
    assert (checkout.read("patch.json"), checkout.read("missing.json")) == (b"[]", None)


def test_a_changed_checkout_has_the_new_content_and_the_old_one_has_not() -> None:
    before = files.hold({"a.yaml": b"a", "b.json": b"b"})
    after = before.changed({"a.yaml": b"c", "b.json": b"d"})
    assert (after.read("a.yaml"), after.read("b.json"), list(after.manifests)) == (b"c", b"d", ["a.yaml"])
    assert (before.read("a.yaml"), before.read("b.json")) == (b"a", b"b")


def test_a_kustomization_that_reads_itself_ends(tmp_path: Path) -> None:
    write(tmp_path, "a/kustomization.yaml", "resources: [../b, web.yaml]")
    write(tmp_path, "a/web.yaml", WEB)
    write(tmp_path, "b/kustomization.yaml", "resources: [../a]\ncomponents: [../b]")
    write(tmp_path, "c/kustomization.yaml", "resources: [../a]")
    target = locate(tmp_path, pod=POD)
    assert str(target.file) == "a/web.yaml"
    assert {each.reason for each in target.desired.builder.skipped} == {"leads back to itself"}
