"""How an action starts: what it installs, from where, and what it refuses to import."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.actions.conftest import ENVIRON, NewRemote
from tests.actions.runs import ALPINE

ACTIONS = Path(__file__).parents[2] / "actions"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
NO_INDEX = {
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple",
    "PIP_RETRIES": "0",
}
MODULES = ("yaml", "jsonschema", "responder", "pip", "runpy", "sitecustomize", "usercustomize", "json")
UV = Path(sys.executable).parent / "uv"  # of the environment of the tests
INSTALLERS = ("pip", "uv")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The actions as a release carries them, with the wheels for this Python."""
    actions = tmp_path_factory.mktemp("release") / "actions"
    shutil.copytree(ACTIONS, actions, ignore=shutil.ignore_patterns("__pycache__", "wheels"))
    subprocess.run(["bash", str(actions / "wheels.sh"), sys.executable, PYTHON], check=True, capture_output=True)
    return actions


def programs(folder: Path, installer: str) -> str:
    """A PATH with the Python of the tests as `python3`, and uv only if it is the installer."""
    links = {"python3": sys.executable, **({"uv": str(UV)} if installer == "uv" else {})}
    links |= {name: shutil.which(name) or "" for name in ("bash", "git", "dirname", "sha256sum", "cut", "touch")}
    folder.mkdir()
    for name, target in links.items():
        (folder / name).symlink_to(target)
    return str(folder)


def install(actions: Path, tmp_path: Path, installer: str) -> subprocess.CompletedProcess[str]:
    temp = tmp_path / "temp"
    temp.mkdir()
    environ = {
        "PATH": programs(tmp_path / "bin", installer),
        "HOME": str(tmp_path),
        "RUNNER_TEMP": str(temp),
        **NO_INDEX,
    }
    return subprocess.run(
        ["bash", str(actions / "install.sh")], env=environ, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("installer", INSTALLERS)
def test_a_release_installs_without_a_package_index(release: Path, tmp_path: Path, installer: str) -> None:
    result = install(release, tmp_path, installer)
    assert result.returncode == 0, result.stderr
    assert (Path(result.stdout) / "yaml").is_dir()
    assert (Path(result.stdout) / "jsonschema").is_dir()


@pytest.mark.parametrize("installer", INSTALLERS)
def test_a_wheel_that_was_tampered_with_is_not_installed(release: Path, tmp_path: Path, installer: str) -> None:
    actions = tmp_path / "actions"
    shutil.copytree(release, actions)
    for wheel in (actions / "wheels").glob("attrs-*"):
        wheel.write_bytes(wheel.read_bytes() + b"\0")
    result = install(actions, tmp_path, installer)
    assert result.returncode != 0
    assert not list((tmp_path / "temp").glob("*/.complete"))


@pytest.mark.parametrize("installer", INSTALLERS)
def test_nothing_of_the_workspace_or_the_temporary_folder_is_imported(
    tmp_path: Path, new_remote: NewRemote, installer: str
) -> None:
    workspace = new_remote({"alpine.yaml": ALPINE}).checkout().root
    temp, imported = tmp_path / "temp", tmp_path / "imported"
    temp.mkdir()
    for folder in (workspace, temp):
        for module in MODULES:
            (folder / module).mkdir()
            (folder / module / "__init__.py").write_text(f"open({str(imported)!r}, 'a').write({module!r})\n")
        (folder / "uv.toml").write_text('index-url = "http://127.0.0.1:9/simple"\n')
        (folder / "pip.conf").write_text("[global]\nindex-url = http://127.0.0.1:9/simple\n")
    environ = {
        **{name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))},
        **ENVIRON,
        "PATH": programs(tmp_path / "bin", installer),
        "HOME": str(tmp_path),
        "RUNNER_TEMP": str(temp),
        "PYTHONPATH": f"{workspace}:{temp}",
        "PYTHONUSERBASE": str(workspace),
        "GITHUB_WORKSPACE": str(workspace),
        "GITHUB_REF": "refs/heads/main",
    }
    result = subprocess.run(
        ["bash", str(ACTIONS / "run.sh"), "check"],
        cwd=workspace,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert not imported.exists(), imported.read_text()
