"""Which sources are this repository, and at what a source is held."""

import pytest

from responder.gitops.checkout import Checkout
from responder.gitops.flux.kustomization import SourceReference
from responder.gitops.flux.sources import ForeignSource, Origin, Sources

SOURCE = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: {kind}
metadata: {{name: {name}, namespace: flux-system}}
spec: {{url: "{url}", ref: {{{ref}}}}}
"""
FLEET = "https://git.example/acme/fleet"


def source(name: str, *, url: str = FLEET, ref: str = "branch: main", kind: str = "GitRepository") -> bytes:
    return SOURCE.format(kind=kind, name=name, url=url, ref=ref).encode()


def reference(name: str, kind: str = "GitRepository") -> SourceReference:
    return SourceReference(kind=kind, name=name, namespace="flux-system")


def sources(*documents: bytes, origin: Origin | None = None, **files: bytes) -> Sources:
    contents = {"sources.yaml": b"---\n".join(documents), **files}
    return Sources(Checkout.from_contents(contents), origin or Origin())


@pytest.mark.parametrize(
    ("ref", "pin"),
    [
        ("branch: main", None),
        ("commit: 4f2a", "commit 4f2a"),
        ("tag: v1.2", "tag v1.2"),
        ("semver: '>=1.0'", "semver >=1.0"),
        ("digest: 'sha256:ab'", "digest sha256:ab"),
        ("branch: main, commit: 4f2a, tag: v1", "commit 4f2a"),
        ("tag: ''", None),
        ("", None),
    ],
)
def test_a_source_is_held_at_anything_but_a_branch(ref: str, pin: str | None) -> None:
    assert sources(source("fleet", ref=ref)).pin(reference("fleet")) == pin


def test_a_pin_of_another_source_or_kind_does_not_count() -> None:
    repository = sources(
        source("fleet", ref="tag: v1"), source("fleet", ref="digest: 'sha256:ab'", kind="OCIRepository")
    )
    assert repository.pin(reference("other")) is None
    assert repository.pin(reference("fleet", "OCIRepository")) == "digest sha256:ab"


@pytest.mark.parametrize(
    ("url", "ref", "origin", "is_this_repository"),
    [
        pytest.param(FLEET, "branch: main", Origin(), True, id="the address of flux-system"),
        pytest.param("ssh://git@git.example/acme/fleet.git", "branch: main", Origin(), True, id="the same over SSH"),
        pytest.param("git@git.example:acme/fleet", "branch: main", Origin(), True, id="in scp's form"),
        pytest.param("https://git.example:8443/Acme/Fleet/", "branch: main", Origin(), True, id="with a port"),
        pytest.param(FLEET, "branch: release", Origin(), False, id="another branch"),
        pytest.param("https://git.example/acme/other", "branch: main", Origin(), False, id="another repository"),
        pytest.param("https://other.example/acme/fleet", "branch: main", Origin(), False, id="another host"),
        pytest.param(
            "https://fork.example/me/fleet",
            "branch: main",
            Origin(url="https://fork.example/me/fleet.git", branch="main"),
            True,
            id="the checkout's own address",
        ),
        pytest.param(
            "https://fork.example/me/fleet",
            "branch: main",
            Origin(url="https://fork.example/me/fleet.git", branch="next"),
            False,
            id="the checkout's address with another branch",
        ),
    ],
)
def test_a_source_is_this_repository_by_address_and_branch(
    url: str, ref: str, origin: Origin, is_this_repository: bool
) -> None:
    repository = sources(source("flux-system"), source("apps", url=url, ref=ref), origin=origin)
    tree = repository.tree(reference("apps"), ())
    assert (tree is repository.main) is is_this_repository
    if isinstance(tree, ForeignSource):
        assert tree.reason == f"GitRepository apps is another source, {url}"


@pytest.mark.parametrize("name", ["flux-system", "given-by-hand"])
def test_the_bootstrap_source_and_one_that_nothing_declares_are_this_repository(name: str) -> None:
    repository = sources(source("flux-system", url="https://elsewhere.example/a/b"))
    assert repository.tree(reference(name), ()) is repository.main


@pytest.mark.parametrize(
    ("path", "is_this_repository"), [("./clusters/prod", True), ("./", False), ("./clusters/test", False)]
)
def test_a_source_that_applies_the_folder_of_its_own_declaration_is_this_repository(
    path: str, is_this_repository: bool
) -> None:
    sync = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: fork}\n"
        f"spec: {{path: {path}, sourceRef: {{kind: GitRepository, name: fork}}}}\n"
    )
    contents = {"clusters/prod/sync.yaml": source("fork", url="https://up.example/a/b") + b"---\n" + sync.encode()}
    repository = Sources(Checkout.from_contents(contents), Origin())
    assert (repository.tree(reference("fork"), ()) is repository.main) is is_this_repository


def test_a_file_that_is_no_yaml_declares_no_source() -> None:
    broken = b"{{ if }}\n" + source("fleet", ref="tag: v1")
    assert sources(broken).pin(reference("fleet")) is None
