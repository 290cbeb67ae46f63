"""Every kustomization that can lead to a file that matters is kept; others need not be parsed."""

import pytest

from responder.gitops.checkout import Checkout
from responder.gitops.kustomize.reachability import around, find_reach, is_kustomization


def kustomizations(contents: dict[str, str], links: dict[str, str] | None = None) -> set[str]:
    """Return the folders of the kustomizations that can lead to a file with `wanted` in it."""
    checkout = Checkout(manifests={path: text.encode() for path, text in contents.items()}, links=links or {})
    reach = find_reach(checkout, lambda data: b"wanted" in data)
    return {file.removesuffix("kustomization.yaml").rstrip("/") or "." for file in reach.kustomizations}


@pytest.mark.parametrize(
    ("reference", "folder", "file"),
    [
        ("web.yaml", "apps", "apps/web.yaml"),
        ("deep/web.yaml", "apps", "apps/deep/web.yaml"),
        ("../base/web.yaml", "apps", "base/web.yaml"),
        ("./web.yaml", "apps", "apps/web.yaml"),
        ("deep//web.yaml", "apps", "apps/deep/web.yaml"),
        ("x/../web.yaml", "apps", "apps/web.yaml"),
        ("apps/web.yaml", ".", "apps/web.yaml"),
    ],
)
def test_a_kustomization_that_names_the_file_is_kept(reference: str, folder: str, file: str) -> None:
    path = "kustomization.yaml" if folder == "." else f"{folder}/kustomization.yaml"
    contents = {path: f"resources: [{reference}]", file: "wanted", "other/kustomization.yaml": "resources: [a.yaml]"}
    assert kustomizations(contents) == {folder}


def test_those_that_lead_to_it_by_way_of_others_are_kept() -> None:
    contents = {
        "base/kustomization.yaml": "resources: [web.yaml]",
        "base/web.yaml": "wanted",
        "middle/kustomization.yaml": "resources: [../base]",
        "top/kustomization.yaml": "components: ['../middle']",
        "aside/kustomization.yaml": "resources: [../elsewhere]",
    }
    assert kustomizations(contents) == {"base", "middle", "top"}


def test_all_are_kept_where_a_link_gives_files_more_paths() -> None:
    contents = {"a/kustomization.yaml": "", "b/kustomization.yaml": ""}
    assert kustomizations(contents, links={"c": "a"}) == {"a", "b"}


def test_all_are_kept_where_an_artifact_gives_files_more_paths() -> None:
    contents = {"a/kustomization.yaml": "", "generator.yaml": "kind: ArtifactGenerator # wanted"}
    assert kustomizations(contents) == {"a"}
    assert kustomizations({**contents, "generator.yaml": "kind: ArtifactGenerator"}) == set()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("kustomization.yaml", True),
        ("a/kustomization.yml", True),
        ("a/Kustomization", True),
        ("a/xkustomization.yaml", False),
    ],
)
def test_a_kustomization_is_known_by_its_file_name(path: str, expected: bool) -> None:
    assert is_kustomization(path) is expected


def test_the_folders_around_a_path_end_at_the_root() -> None:
    assert list(around("a/b/c.yaml")) == ["a/b", "a", "."]
