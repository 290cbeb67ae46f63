"""A checkout gives what lies in it and nothing else."""

from pathlib import Path

import pytest

from responder.gitops.checkout import Checkout
from responder.gitops.source_tree import SourceTree
from responder.gitops.workloads.locate import locate
from responder.kubernetes.pod_names import Pod
from responder.publish.work_tree import WorkTree

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
    assert Checkout.from_contents({}).resolve(folder, reference) == path


def test_links_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    checkout = WorkTree(tmp_path).checkout()
    assert checkout.resolve(".", "a/web.yaml") is None


def test_a_checkout_with_other_contents_has_them_and_the_one_before_has_not() -> None:
    original = Checkout.from_contents({"a.yaml": b"a", "b.json": b"b", "c.yaml": b"c"})
    edited = original.with_contents({"a.yaml": b"x", "b.json": b"y", "c.yaml": None})
    assert (edited.read("a.yaml"), edited.read("b.json"), edited.read("c.yaml")) == (b"x", b"y", None)
    assert (original.read("a.yaml"), original.read("b.json"), original.read("c.yaml")) == (b"a", b"b", b"c")


def test_an_edited_file_is_taken_for_a_manifest_only_if_its_name_is_one() -> None:
    checkout = Checkout.from_contents({"a.yaml": b"a", "b.json": b"b"}).with_contents({"b.json": b"c"})
    assert SourceTree(checkout).below(".") == ["a.yaml"]


def test_a_kustomization_that_reads_itself_ends(tmp_path: Path) -> None:
    write(tmp_path, "a/kustomization.yaml", "resources: [../b, web.yaml]")
    write(tmp_path, "a/web.yaml", WEB)
    write(tmp_path, "b/kustomization.yaml", "resources: [../a]\ncomponents: [../b]")
    write(tmp_path, "c/kustomization.yaml", "resources: [../a]")
    target = locate(WorkTree(tmp_path).checkout(), subject=POD)
    assert str(target.file) == "a/web.yaml"
    assert {skipped.reason for skipped in target.desired_state.skipped} == {"leads back to itself"}


def test_a_link_to_a_link_is_followed_to_its_end() -> None:
    checkout = Checkout(manifests={"c/web.yaml": b""}, links={"a": "b", "b": "c", "d/up": "a"})
    assert checkout.resolve("d", "up/web.yaml") == "c/web.yaml"
