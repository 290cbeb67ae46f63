"""A release: what it holds, built from a clean checkout, and that it is refused if a version differs anywhere."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import release
from tests.deploy import rendering
from tests.deploy.rendering import ROOT
from tests.deploy.test_settings import VERSION

COMMIT = "0123456789abcdef0123456789abcdef01234567"
WORKFLOWS = ROOT / ".github" / "workflows"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git has of this checkout, with the changelog of a release."""
    folder = tmp_path_factory.mktemp("release") / "checkout"
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in names:
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    changelog = folder / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("## Unreleased\n", f"## {VERSION} - 2026-11-25\n", 1))
    return folder


def test_every_file_states_the_version(checkout: Path) -> None:
    assert list(release.disagreements(checkout, VERSION)) == []


@pytest.mark.parametrize("name", release.STATEMENTS)
def test_a_release_is_refused_if_a_file_states_another_version(name: str, checkout: Path) -> None:
    original = (checkout / name).read_text()
    try:
        (checkout / name).write_text(original.replace(VERSION, "0.0.9"))
        problems = list(release.disagreements(checkout, VERSION))
    finally:
        (checkout / name).write_text(original)
    assert problems == [f"{name} states 0.0.9, not {VERSION}"]


def test_a_release_is_refused_without_its_changes() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    expected = [] if f"## {VERSION}" in changelog else ["CHANGELOG.md does not state a version"]
    assert list(release.disagreements(ROOT, VERSION)) == expected


def test_every_own_pin_is_checked(checkout: Path) -> None:
    """No file pins our actions but those whose version is checked, and none to a tag that moves."""
    pins = {
        path.relative_to(checkout).as_posix(): re.findall(r"uses: (falco-dispatch/falco-dispatch/.*)", path.read_text())
        for path in (*checkout.rglob("*.yml"), *checkout.rglob("*.md"))
    }
    pins = {name: lines for name, lines in pins.items() if lines}
    assert pins.keys() <= release.STATEMENTS.keys()
    pinned = re.compile(r"\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [line for lines in pins.values() for line in lines if not pinned.fullmatch(line)] == []
    assert len({line.partition("@")[2] for lines in pins.values() for line in lines}) == 1


@pytest.fixture(scope="module")
def assets(checkout: Path) -> Path:
    """The files of a release."""
    rendering.tool("helm")
    folder = checkout.parent / "assets"
    release.write_assets(checkout, folder, version=VERSION, commit=COMMIT)
    return folder


def test_a_release_holds_what_an_operator_installs(assets: Path) -> None:
    assert {path.name for path in assets.iterdir()} == {
        f"falco_dispatch-{VERSION}-py3-none-any.whl",
        f"falco-dispatch-{VERSION}.tgz",
        "NOTES.md",
        "requirements.txt",
        *release.WORKFLOWS,
    }


def test_the_wheel_and_the_chart_have_the_version(assets: Path) -> None:
    with zipfile.ZipFile(assets / f"falco_dispatch-{VERSION}-py3-none-any.whl") as wheel:
        assert f"\nVersion: {VERSION}\n" in wheel.read(f"falco_dispatch-{VERSION}.dist-info/METADATA").decode()
    with tarfile.open(assets / f"falco-dispatch-{VERSION}.tgz") as chart:
        member = chart.extractfile("falco-dispatch/Chart.yaml")
        assert member is not None
        assert yaml.safe_load(member.read())["version"] == VERSION


@pytest.mark.parametrize("name", release.WORKFLOWS)
def test_a_workflow_of_a_release_differs_from_ours_in_the_pinned_commit_alone(name: str, assets: Path) -> None:
    lines = zip((WORKFLOWS / name).read_text().splitlines(), (assets / name).read_text().splitlines(), strict=True)
    differences = [new for old, new in lines if old != new]
    assert differences
    assert [line for line in differences if not line.endswith(f"@{COMMIT} # v{VERSION}")] == []


def test_the_workflows_to_copy_are_valid_under_zizmor_pedantic_without_a_configuration(
    assets: Path, tmp_path: Path
) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for name in release.WORKFLOWS:
        shutil.copyfile(assets / name, folder / name)
    zizmor = Path(sys.executable).parent / "zizmor"
    arguments = ["--offline", "--no-config", "--persona", "pedantic", "--no-progress", str(tmp_path)]
    result = subprocess.run([zizmor, *arguments], capture_output=True, text=True, check=False, env=dict(os.environ))
    assert result.returncode == 0, result.stdout + result.stderr


def test_there_is_no_configuration_of_zizmor() -> None:
    assert [path.name for path in (*ROOT.glob("zizmor.y*ml"), *ROOT.glob(".github/zizmor.y*ml"))] == []


def test_the_notes_are_the_section_of_the_changelog(checkout: Path, assets: Path) -> None:
    notes = (assets / "NOTES.md").read_text()
    assert notes.startswith("### Added\n")
    assert "\n## " not in notes
    assert notes.strip() in (checkout / "CHANGELOG.md").read_text()


def test_the_notes_end_before_the_former_version(tmp_path: Path) -> None:
    (tmp_path / "CHANGELOG.md").write_text("# C\n\n## 2.0.0 - d\n\n- new\n\n## 1.0.0 - d\n\n- old\n")
    assert release.notes(tmp_path, "2.0.0") == "- new\n"


def workflow(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((WORKFLOWS / name).read_text())
    return content


def test_nothing_is_published_before_the_tests_and_the_check() -> None:
    jobs = workflow("release.yml")["jobs"]
    assert (jobs["publish"]["needs"], jobs["image"]["needs"]) == ("image", "assets")
    assert jobs["assets"]["needs"] == ["test", "cluster"]
    assert jobs["cluster"]["uses"].endswith("/.github/workflows/cluster.yml")
    commands = [step.get("run", "") for step in jobs["assets"]["steps"]]
    assert any("deploy/release.py assets" in command for command in commands)


def test_the_image_is_built_for_both_architectures_signed_and_attested() -> None:
    steps = workflow("release.yml")["jobs"]["image"]["steps"]
    (build,) = [step["with"] for step in steps if step.get("id") == "build"]
    assert build["platforms"] == "linux/amd64,linux/arm64"
    assert (build["sbom"], build["provenance"], build["push"]) == (True, "mode=max", True)
    assert ":latest" not in build["tags"]
    assert any("cosign sign --yes" in step.get("run", "") for step in steps)
    assert any(str(step.get("uses", "")).startswith("actions/attest@") for step in steps)


def test_only_jobs_that_publish_may_write() -> None:
    jobs = workflow("release.yml")["jobs"]
    writing = {name for name, job in jobs.items() if "write" in job["permissions"].values()}
    assert writing == {"image", "publish"}
    assert workflow("release.yml")["permissions"] == {}


def test_updates_of_dependencies_wait() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"github-actions", "pip", "gomod", "docker"}
    assert all(update["cooldown"]["default-days"] >= 7 for update in updates)
