"""What a folder renders to under the spec of a Flux Kustomization, by `kustomize build`; and how often it is run."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from responder.errors import NotRendered
from responder.gitops.source_tree import SourceTree
from responder.gitops.workloads import locate
from responder.kubernetes.pod_names import Pod
from responder.proof import sandbox
from responder.proof.claim import EditedObject
from responder.proof.kustomize_build import Renderer
from responder.proof.prover import KustomizeProver
from responder.proof.standing import Standing
from responder.yamledit.edit import SetValue
from tests.actions.plan.targets import checkout_of, manifest, target_of

needs_kustomize = pytest.mark.skipif(
    shutil.which("kustomize") is None, reason="no kustomize: `make setup` builds it where Go is"
)
WEB = manifest("Deployment", {"replicas": 2})
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefghijk", "bcdefghijkl", strict=True)
)
FILES = {
    "plain/web.yaml": WEB,
    "listed/kustomization.yaml": "resources: [web.yaml]\nnamePrefix: a-\npatches: []\n",
    "listed/web.yaml": WEB,
    "listed/unlisted.yaml": manifest("StatefulSet"),
    "component/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nlabels: [{pairs: {from: component}}]\n"
    ),
    "broken/kustomization.yaml": "resources: [missing.yaml]\n",
    "scalar/kustomization.yaml": "text",
    "unknown/kustomization.yaml": "resources: [web.yaml]\nfoo: 1\nNamePrefix: a-\n",
    "unknown/web.yaml": WEB,
    "based/kustomization.yaml": "resources: [../unknown]\n",
    "bomb/kustomization.yaml": "resources: [x.yaml]\n",
    "bomb/x.yaml": LAUGHS,
    "levels/x.yaml": "x: " + "{a: " * 201 + "1" + "}" * 201 + "\n",
    "heavy/kustomization.yaml": f"resources: [x.yaml]\n{LAUGHS}",
    "invalid/kustomization.yaml": "a: [",
}


def renderer(root: Path, files: Mapping[str, Any] = FILES) -> Renderer:
    """Return a renderer that is a copy of the files."""
    copy = Renderer(root, shutil.which("kustomize") or "kustomize")
    copy.hold(SourceTree(checkout_of(files)))
    return copy


PATCH = {"target": {"kind": "Deployment"}, "patch": "- {op: replace, path: /spec/replicas, value: 0}"}


@needs_kustomize
@pytest.mark.parametrize(
    ("folder", "spec", "names", "replicas"),
    [
        pytest.param("plain", {}, ["Deployment shop/web"], 2, id="no kustomization"),
        pytest.param("listed", {}, ["Deployment shop/a-web"], 2, id="a kustomization"),
        pytest.param("listed", {"prune": True}, ["Deployment shop/a-web"], 2, id="a spec that changes nothing"),
        pytest.param("listed", {"targetNamespace": "x"}, ["Deployment x/a-web"], 2, id="target namespace"),
        pytest.param("listed", {"namePrefix": "b-"}, ["Deployment shop/b-web"], 2, id="name prefix"),
        pytest.param("listed", {"nameSuffix": "-b"}, ["Deployment shop/a-web-b"], 2, id="name suffix"),
        pytest.param("listed", {"patches": [PATCH]}, ["Deployment shop/a-web"], 0, id="patches"),
        pytest.param("plain", {"patches": [PATCH]}, ["Deployment shop/web"], 0, id="patches without kustomization"),
        pytest.param("unknown", {}, ["Deployment shop/a-web"], 2, id="an unknown field"),
        pytest.param("unknown", {"nameSuffix": "-b"}, ["Deployment shop/a-web-b"], 2, id="an unknown field and a spec"),
        pytest.param(
            "listed",
            {"components": ["../absent"], "ignoreMissingComponents": True},
            ["Deployment shop/a-web"],
            2,
            id="a missing component that is ignored",
        ),
    ],
)
def test_a_folder_renders_as_flux_renders_it(
    folder: str, spec: Mapping[str, Any], names: list[str], replicas: int, tmp_path: Path
) -> None:
    objects = renderer(tmp_path).render(folder, spec)
    assert [f"{kind} {namespace}/{name}" for _, kind, namespace, name in objects] == names
    assert [content["spec"]["replicas"] for content in objects.values()] == [replicas]


@needs_kustomize
def test_patches_of_the_spec_are_added_to_those_of_the_folder(tmp_path: Path) -> None:
    paused = {**PATCH, "patch": "- {op: add, path: /spec/paused, value: true}"}
    kustomization = yaml.safe_dump({"resources": ["web.yaml"], "patches": [paused]})
    copy = renderer(tmp_path, {**FILES, "listed/kustomization.yaml": kustomization})
    (content,) = copy.render("listed", {"patches": [PATCH]}).values()
    assert (content["spec"]["paused"], content["spec"]["replicas"]) == (True, 0)


@needs_kustomize
def test_components_of_the_spec_are_added(tmp_path: Path) -> None:
    objects = renderer(tmp_path).render("listed", {"components": ["../component"]})
    assert [content["metadata"]["labels"] for content in objects.values()] == [{"from": "component"}]


@needs_kustomize
def test_one_file_renders_alone_and_an_absent_one_to_nothing(tmp_path: Path) -> None:
    copy = renderer(tmp_path)
    assert [kind for _, kind, _, _ in copy.render("plain", {}, only="web.yaml")] == ["Deployment"]
    assert copy.render("plain", {}, only="absent.yaml") == {}


@needs_kustomize
def test_the_kustomization_is_as_before_after_a_rendering_and_after_a_failure(tmp_path: Path) -> None:
    copy = renderer(tmp_path)
    copy.render("listed", {"namePrefix": "b-"})
    with pytest.raises(NotRendered):
        copy.render("listed", {"components": ["../absent"]})
    assert (tmp_path / "listed" / "kustomization.yaml").read_text() == FILES["listed/kustomization.yaml"]
    copy.render("plain", {})
    assert sorted(path.name for path in (tmp_path / "plain").iterdir()) == ["web.yaml"]


@pytest.mark.parametrize(
    ("folder", "spec", "message"),
    [
        pytest.param("absent", {}, "^there is no folder absent$", id="no folder"),
        pytest.param("scalar", {"namePrefix": "b-"}, r"^scalar/kustomization\.yaml is not a kustomization$", id="text"),
        pytest.param("invalid", {"namePrefix": "b-"}, r"^invalid/kustomization\.yaml is not YAML$", id="no YAML"),
        pytest.param("bomb", {}, r"^bomb/x\.yaml: its aliases stand for more than 100,000 values", id="a bomb"),
        pytest.param("levels", {}, r"^levels/x\.yaml: it has more than 200 levels, which would take", id="levels"),
        pytest.param("heavy", {}, r"^heavy/kustomization\.yaml: its aliases stand for more", id="a kustomization"),
        pytest.param("based", {}, 'unknown field "foo"', id="an unknown field in a base", marks=needs_kustomize),
        pytest.param(
            "broken", {}, r"^kustomize build broken: .*missing\.yaml", id="a missing file", marks=needs_kustomize
        ),
    ],
)
def test_what_does_not_render_says_why(folder: str, spec: Mapping[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(NotRendered, match=message) as failure:
        renderer(tmp_path).render(folder, spec)
    assert str(tmp_path) not in str(failure.value)


GIT_VARIABLES = {"GIT_TERMINAL_PROMPT", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL", "GIT_ALLOW_PROTOCOL"}


def script(path: Path, text: str) -> str:
    """Return the path of a program that stands in for kustomize."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_output_that_is_no_yaml_is_not_rendered(tmp_path: Path) -> None:
    copy = Renderer(tmp_path, script(tmp_path / "kustomize", "echo 'a: ['"))
    (tmp_path / "apps").mkdir()
    with pytest.raises(NotRendered, match=r"^kustomize build apps gives no YAML"):
        copy.render("apps", {})


def test_a_build_sees_no_credential_of_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    copy = Renderer(tmp_path / "copy", script(tmp_path / "kustomize", "env | cut -d= -f1 | tr '\\n' ' ' >&2; exit 1"))
    copy.hold(SourceTree(checkout_of({"apps/kustomization.yaml": "resources: []\n"})))
    with pytest.raises(NotRendered) as failure:
        copy.render("apps", {})
    names = set(str(failure.value).partition(": ")[2].split())
    assert {"PATH", "HOME", "GIT_TERMINAL_PROMPT"} <= names
    assert names <= {"PATH", "HOME", "TMPDIR", "PWD", "OLDPWD", "SHLVL", "_", *GIT_VARIABLES}


def test_holding_another_source_removes_and_replaces_files(tmp_path: Path) -> None:
    copy = renderer(tmp_path, {"a.yaml": "kind: A\n", "b/c.yaml": "kind: C\n"})
    copy.hold(SourceTree(checkout_of({"a.yaml": "kind: B\n"})))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.yaml"]
    assert (tmp_path / "a.yaml").read_text() == "kind: B\n"


STATE = {
    "clusters/prod/apps.yaml": {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "flux-system"},
        "spec": {"path": "./apps", "prune": True, "sourceRef": {"kind": "GitRepository", "name": "flux-system"}},
    },
    "apps/kustomization.yaml": "resources: [web.yaml]\n",
    "apps/web.yaml": WEB,
}


def test_a_folder_that_does_not_render_is_tried_once_for_all_responses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A remote base that cannot be fetched may take a minute to fail."""
    copies = tmp_path / "copies"
    copies.mkdir()
    kustomize = script(tmp_path / "kustomize", "echo no network >&2; exit 1")
    runs: list[Sequence[str]] = []

    def run(command: Sequence[str], *, root: Path, scratch: Path, timeout: float) -> sandbox.Result:
        runs.append(command)
        return real_run(command, root=root, scratch=scratch, timeout=timeout)

    real_run = sandbox.run
    monkeypatch.setattr(sandbox, "run", run)
    prover = KustomizeProver(kustomize, copies, required=False)
    target = target_of(STATE, "Deployment", cluster="prod")
    edit = SetValue(path=("spec", "replicas"), value=0)
    stopped = checkout_of({**STATE, "apps/web.yaml": yaml.safe_dump(manifest("Deployment", {"replicas": 0}))})
    pod = Pod(namespace="shop", name="web-77789455d6-m7flp")
    clusters = {"prod": PurePosixPath("clusters/prod")}
    after_edit = locate.desired_state_for(stopped, subject=pod, owners=(), clusters=clusters)
    for _ in range(3):
        proof = prover.prove(target.desired_state, after_edit, [EditedObject(object=target.object, edit=edit)])
        assert (proof.standing, proof.reason) == (Standing.NOT_POSSIBLE, "kustomize build apps: no network")
    assert len(runs) == 1
