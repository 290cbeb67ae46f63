"""How the programs of `make cluster` are built: once for each list of versions, or not at all without Go."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cluster import conftest, programs

ROOT = Path(__file__).parent.parent
# A go that builds an empty program, and whose modules have what the script takes from them.
GO = """\
#!/bin/sh
case "$1" in
build) [ ! -e "{root}/broken" ] || {{ echo "no network" >&2; exit 1; }}
    echo "$5" >>"{root}/builds"; echo >"$4"; chmod +x "$4" ;;
list) case "$2" in -m) echo "{root}/module" ;; *) echo v1.2.3 ;; esac ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with the script, the go.mod files, and a go of its own."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "cluster", tmp_path / ".ci" / "cluster")
    shutil.copytree(programs.MODULES, tmp_path / "tests" / "cluster" / "modules")
    crds = tmp_path / "module" / "config" / "crd" / "bases"
    crds.mkdir(parents=True)
    (crds / "crd.yaml").write_text("kind: CustomResourceDefinition\n")
    for stage in (
        "pod/fast/pod-ready",
        "pod/fast/pod-delete",
        "node/fast/node-initialize",
        "node/heartbeat/node-heartbeat",
    ):
        file = tmp_path / "module" / "kustomize" / "stage" / f"{stage}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"kind: Stage # {file.stem}\n")
    go = tmp_path / "go"
    go.write_text(GO.format(root=tmp_path))
    go.chmod(0o755)
    return tmp_path


def build(checkout: Path, *, go: bool = True) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"], "GO": str(checkout / "go") if go else ""}
    command = [checkout / ".ci" / "cluster"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def builds(checkout: Path) -> list[str]:
    return (checkout / "builds").read_text().splitlines()


def test_every_program_is_built_with_a_line_for_its_version_and_time(checkout: Path) -> None:
    result = build(checkout)
    assert result.returncode == 0, result.stderr
    lines = [line.partition(" built in ")[0] for line in result.stdout.splitlines()]
    assert lines == [f"{name}: v1.2.3" for name in programs.versions()]
    binaries = {path.name for path in (checkout / ".tools" / "cluster" / "bin").iterdir()}
    assert binaries == set(programs.versions())


def test_a_second_run_builds_nothing(checkout: Path) -> None:
    build(checkout)
    count = len(builds(checkout))
    assert build(checkout).stdout == ""
    assert len(builds(checkout)) == count


def test_another_version_builds_the_programs_of_its_module_again(checkout: Path) -> None:
    build(checkout)
    pins = checkout / "tests" / "cluster" / "modules" / "etcd" / "go.mod"
    pins.write_text(pins.read_text().replace("v3.6.16", "v3.6.17"))
    assert build(checkout).stdout.startswith("etcd: ")
    assert builds(checkout).count("go.etcd.io/etcd/server/v3") == 2
    assert builds(checkout).count("k8s.io/kubernetes/cmd/kubectl") == 1


def test_a_failed_build_says_why_and_is_tried_again(checkout: Path) -> None:
    (checkout / "broken").touch()
    result = build(checkout)
    assert result.returncode == 1
    assert "no network" in result.stderr
    (checkout / "broken").unlink()
    assert build(checkout).returncode == 0


def test_without_go_nothing_is_built_and_it_is_said(checkout: Path) -> None:
    result = build(checkout, go=False)
    assert (result.returncode, result.stdout) == (0, "cluster: nothing is built, because there is no Go\n")


def test_the_manifests_come_from_the_same_modules(checkout: Path) -> None:
    build(checkout)
    manifests = checkout / ".tools" / "cluster" / "manifests"
    assert (manifests / "flux" / "crd.yaml").exists()
    stages = (manifests / "kwok-stages.yaml").read_text()
    assert stages.count("kind: Stage") == 4
    assert "pod-complete" not in stages


def test_the_tests_of_the_cluster_are_not_among_those_of_make_test() -> None:
    """They need half an hour of building: they run by `make cluster` alone."""
    assert conftest.ON_STAGE or conftest.collect_ignore_glob == ["test_*.py"]


def test_the_schemas_in_the_tests_of_deploy_are_of_the_versions_that_run() -> None:
    script = (ROOT / ".ci" / "crds").read_text()
    assert "controller@" not in script
    assert [name for name in ("source", "kustomize", "notification") if f"$(flux {name})" not in script] == []
    assert all(version.startswith("v") for version in programs.versions().values())
