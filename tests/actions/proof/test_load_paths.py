"""Every way in which kustomize reads a file outside of its folder: none leaves the copy of a source.

The canary is in a file beside the copy, and in the environment of this process. Each way is tried without any
protection first, which shows that it is one; then with the sandbox alone, then with the check of paths.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from responder.errors import BrokenFolder
from responder.gitops.source_tree import SourceTree
from responder.proof import sandbox
from responder.proof.kustomize_build import Renderer
from responder.proof.load_paths import check_paths
from tests.actions.plan.targets import checkout_of, manifest

pytestmark = pytest.mark.skipif(
    shutil.which("kustomize") is None, reason="no kustomize: `make setup` builds it where Go is"
)
confined = pytest.mark.skipif(not sandbox.is_confined(), reason="no Landlock: a Linux kernel from 5.13 on has it")
CANARY = "canary-of-the-token"
OBJECT = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: web, annotations: {{x: {CANARY}}}}}\n"
PATCH = (
    f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop, annotations: {{x: {CANARY}}}}}\n"
)
JSON_PATCH = f"- op: add\n  path: /metadata/annotations\n  value: {{x: {CANARY}}}\n"
REPLACEMENT = (
    "- source: {kind: Deployment, name: web, fieldPath: spec.paused}\n"
    f"  targets: [{{select: {{kind: Deployment}}, fieldPaths: [spec.{CANARY}]}}]\n"
)
GENERATOR = "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: x}\nfiles: [OUTSIDE]\n"
TRANSFORMER = (
    "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\npath: OUTSIDE\ntarget: {kind: Deployment}\n"
)
# The kustomization, the content of the file outside, and further files. OUTSIDE stands for the path of the file.
WAYS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "resources": ("resources: [OUTSIDE]", OBJECT, {}),
    "patches": ("resources: [web.yaml]\npatches: [{path: OUTSIDE}]", PATCH, {}),
    "patches of a target": ("resources: [web.yaml]\npatches: [{target: {}, path: OUTSIDE}]", JSON_PATCH, {}),
    "patchesStrategicMerge": ("resources: [web.yaml]\npatchesStrategicMerge: [OUTSIDE]", PATCH, {}),
    "patchesJson6902": (
        "resources: [web.yaml]\n"
        "patchesJson6902: [{target: {version: v1, group: apps, kind: Deployment, name: web}, path: OUTSIDE}]",
        JSON_PATCH,
        {},
    ),
    "configMapGenerator files": ("configMapGenerator: [{name: x, files: [OUTSIDE]}]", CANARY, {}),
    "configMapGenerator files with a key": ("configMapGenerator: [{name: x, files: [a=OUTSIDE]}]", CANARY, {}),
    "configMapGenerator envs": ("configMapGenerator: [{name: x, envs: [OUTSIDE]}]", f"a={CANARY}", {}),
    "configMapGenerator env": ("configMapGenerator: [{name: x, env: OUTSIDE}]", f"a={CANARY}", {}),
    "secretGenerator envs": ("secretGenerator: [{name: x, envs: [OUTSIDE]}]", f"{CANARY}=a", {}),
    "replacements": ("resources: [web.yaml]\nreplacements: [{path: OUTSIDE}]", REPLACEMENT, {}),
    "openapi": ("resources: [web.yaml]\nopenapi: {path: OUTSIDE}", f"{CANARY}: [", {}),
    "crds": ("resources: [web.yaml]\ncrds: [OUTSIDE]", f"{CANARY}: [", {}),
    "configurations": ("resources: [web.yaml]\nconfigurations: [OUTSIDE]", f"{CANARY}: 1", {}),
    "a generator": ("generators: [generator.yaml]", CANARY, {"generator.yaml": GENERATOR}),
    "a transformer": ("resources: [web.yaml]\ntransformers: [t.yaml]", JSON_PATCH, {"t.yaml": TRANSFORMER}),
    "a validator": ("resources: [web.yaml]\nvalidators: [t.yaml]", f"{CANARY}: [", {"t.yaml": TRANSFORMER}),
    "a generator written out": (f"generators:\n- |\n  {GENERATOR.replace(chr(10), chr(10) + '  ')}", CANARY, {}),
    "generators outside": ("generators: [OUTSIDE]", GENERATOR.replace("OUTSIDE", "web.yaml") + f"# {CANARY}", {}),
    "a base that reads outside": (
        "resources: [base]",
        CANARY,
        {"base/kustomization.yaml": "configMapGenerator: [{name: x, files: [OUTSIDE]}]\n"},
    ),
    "a component that reads outside": (
        "resources: [web.yaml]\ncomponents: [part]",
        CANARY,
        {
            "part/kustomization.yaml": (
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
                "configMapGenerator: [{name: x, files: [OUTSIDE]}]\n"
            )
        },
    ),
}
UNSHOWN = {
    "generators outside",
    "configurations",
    "a validator",
    "openapi",
    "crds",
}  # read, but the output does not repeat the content


@pytest.fixture(params=[True, False], ids=["absolute", "relative"])
def is_absolute(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def files_of(way: str, outside: str) -> dict[str, str]:
    """Return the files of a source that reads a file at the path `outside`, which is relative to `apps`."""
    kustomization, _, more = WAYS[way]
    deeper = outside if outside.startswith("/") else f"../{outside}"
    files = {"apps/kustomization.yaml": kustomization.replace("OUTSIDE", outside) + "\n"}
    for path, text in more.items():
        files[f"apps/{path}"] = text.replace("OUTSIDE", deeper if "/" in path else outside)
    return files


def render(folder: Path, way: str, *, is_absolute: bool) -> Renderer:
    """Return a renderer of a source beside the file that it reads."""
    outside = folder / "outside.yaml"
    outside.write_text(WAYS[way][1])
    root = folder / "copy"
    root.mkdir()
    renderer = Renderer(root, str(shutil.which("kustomize")))
    web = {"apps/web.yaml": manifest("Deployment", {"replicas": 2, "paused": True})}
    renderer.hold(
        SourceTree(checkout_of({**web, **files_of(way, str(outside) if is_absolute else "../../outside.yaml")}))
    )
    return renderer


BUILD = ["build", "--load-restrictor", "LoadRestrictionsNone", "apps"]


@pytest.mark.parametrize("way", WAYS)
def test_this_is_a_way_to_read_a_file_and_it_is_refused(way: str, tmp_path: Path, *, is_absolute: bool) -> None:
    renderer = render(tmp_path, way, is_absolute=is_absolute)
    build = subprocess.run(["kustomize", *BUILD], cwd=tmp_path / "copy", capture_output=True, check=False)
    if way not in UNSHOWN:
        assert CANARY in (build.stdout + build.stderr).decode() or b"Y2FuYXJ5" in build.stdout
    with pytest.raises(BrokenFolder, match=r"which is outside of the source$") as refusal:
        renderer.render("apps", {})
    assert CANARY not in str(refusal.value)


@confined
@pytest.mark.parametrize("way", WAYS)
def test_the_sandbox_alone_keeps_the_file_unread(way: str, tmp_path: Path, *, is_absolute: bool) -> None:
    render(tmp_path, way, is_absolute=is_absolute)
    kustomize = str(shutil.which("kustomize"))
    result = sandbox.run([kustomize, *BUILD], root=tmp_path / "copy", scratch=tmp_path / "scratch", timeout=60)
    assert result.code == 1
    assert CANARY.encode() not in result.output + result.errors


@confined
@pytest.mark.parametrize("name", ["outside.yaml", "environ"])
def test_a_link_in_the_copy_leads_nowhere(name: str, tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text(CANARY)
    (tmp_path / "copy" / "apps").mkdir(parents=True)
    (tmp_path / "copy" / "apps" / "kustomization.yaml").write_text("configMapGenerator: [{name: x, files: [link]}]\n")
    path = tmp_path / name if name == "outside.yaml" else Path(f"/proc/{os.getpid()}/environ")
    (tmp_path / "copy" / "apps" / "link").symlink_to(path)
    kustomize = str(shutil.which("kustomize"))
    result = sandbox.run([kustomize, *BUILD], root=tmp_path / "copy", scratch=tmp_path / "scratch", timeout=60)
    assert (result.code, b"permission denied" in result.errors) == (1, True)


@pytest.mark.parametrize(
    "content",
    [
        "bases: [../../x]",
        "helmCharts: [{name: x, valuesFile: /etc/x}]",
        "helmCharts: [{name: x, additionalValuesFiles: [values.yaml, ../../x]}]",
        "helmGlobals: {chartHome: ../../x}",
        "helmGlobals: {configHome: /etc}",
        "helmChartInflationGenerator: [{chartName: x, values: a, valuesFile: ../../x}]",
    ],
)
def test_what_kustomize_reads_only_in_other_settings_is_refused_too(content: str) -> None:
    tree = SourceTree(checkout_of({"apps/kustomization.yaml": f"{content}\n"}))
    with pytest.raises(BrokenFolder, match=r"which is outside of the source$"):
        check_paths(tree, "apps")


@pytest.mark.parametrize(
    "content",
    [
        "resources: [../base, web.yaml, 'https://example.com/x?ref=v1', 'github.com/o/r//x?ref=v1']\n",
        "configMapGenerator: [{name: x, literals: ['a=/etc/passwd'], files: [a=web.yaml]}]\n",
        "patches: [{patch: '[{op: add, path: /spec/x, value: /etc}]', target: {kind: Deployment}}]\n",
        "patchesStrategicMerge:\n- |\n  kind: A\n  spec: {path: /etc}\n",
        "resources: text\npatches: {a: 1}\ngenerators: [1, {a: b}]\n",
        "a: [",
    ],
)
def test_paths_in_the_source_and_what_is_no_path_are_not_refused(content: str) -> None:
    base = {"base/kustomization.yaml": "resources: [../apps, ../apps/web.yaml]\n"}
    tree = SourceTree(
        checkout_of({**base, "apps/kustomization.yaml": content, "apps/web.yaml": manifest("Deployment")})
    )
    check_paths(tree, "apps")


@pytest.mark.parametrize("component", ["/etc", "../../etc"])
def test_components_of_a_flux_kustomization_are_checked_too(component: str, tmp_path: Path) -> None:
    renderer = Renderer(tmp_path, "kustomize")
    renderer.hold(SourceTree(checkout_of({"apps/web.yaml": manifest("Deployment")})))
    with pytest.raises(BrokenFolder, match="outside of the source"):
        renderer.render("apps", {"components": [component]})
