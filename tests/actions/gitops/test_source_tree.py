"""A source tree has the files of the checkout, or those of an artifact under other paths."""

import pytest

from responder.gitops.checkout import Checkout
from responder.gitops.source_tree import SourceTree

PATHS = ["apps/a.yaml", "apps/deep/b.yml", "apps-2/c.yaml", "apps0.yaml", "apps0/d.yaml", "apps/note.txt", "z.yaml"]
CHECKOUT = Checkout.from_contents({path: path.encode() for path in PATHS})
ARTIFACT = SourceTree(CHECKOUT, name="artifact", files={"web/a.yaml": "apps/a.yaml", "note": "apps/note.txt"})


@pytest.mark.parametrize(
    ("folder", "paths"),
    [
        ("apps", ["apps/a.yaml", "apps/deep/b.yml"]),
        ("apps/deep", ["apps/deep/b.yml"]),
        ("apps0", ["apps0/d.yaml"]),
        ("app", []),
        (".", ["apps-2/c.yaml", "apps/a.yaml", "apps/deep/b.yml", "apps0.yaml", "apps0/d.yaml", "z.yaml"]),
    ],
)
def test_the_manifests_below_a_folder_are_those_and_no_others(folder: str, paths: list[str]) -> None:
    assert SourceTree(CHECKOUT).below(folder) == paths


def test_an_artifact_has_its_own_paths_to_the_files_of_the_checkout() -> None:
    assert ARTIFACT.below(".") == ["web/a.yaml"]
    assert ARTIFACT.file("web", "./a.yaml") == ("apps/a.yaml", b"apps/a.yaml")
    assert ARTIFACT.real("apps/a.yaml") is None
    assert ARTIFACT.files == {"web/a.yaml": "apps/a.yaml", "note": "apps/note.txt"}


@pytest.mark.parametrize(
    ("folder", "reference"), [("apps", "missing.yaml"), ("apps", "../../out.yaml"), ("apps", "deep")]
)
def test_a_reference_to_no_file_gives_none(folder: str, reference: str) -> None:
    assert SourceTree(CHECKOUT).file(folder, reference) is None


def test_a_folder_with_a_kustomization_stands_for_all_that_is_in_it() -> None:
    paths = ["a.yaml", "b/kustomization.yml", "b/c.yaml", "b/deep/Kustomization", "b/deep/d.yaml", "e/f.yaml"]
    tree = SourceTree(Checkout.from_contents(dict.fromkeys(paths, b"")))
    assert list(tree.scan(".", tree.below("."))) == ["a.yaml", "b", "e/f.yaml"]
    assert list(tree.scan("e", tree.below("e"))) == ["e/f.yaml"]
    assert tree.kustomization("b") == "b/kustomization.yml"
