"""The command as it is installed from the wheel: what is in it, and that it needs nothing of the checkout."""

import json
import os
import subprocess
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from tests import sidekick, stack
from tests.actions.gitops import oracle
from tests.falco_dispatch.installation import Installation
from tests.relay import process
from tests.relay.process import TOKEN

PROJECT = tomllib.loads((stack.ROOT / "pyproject.toml").read_text())["project"]
VERSION = PROJECT["version"]


@pytest.fixture(scope="module")
def names(installation: Installation) -> list[str]:
    with zipfile.ZipFile(installation.wheel) as wheel:
        return wheel.namelist()


@pytest.fixture(scope="module")
def declared(installation: Installation) -> Message:
    with zipfile.ZipFile(installation.wheel) as wheel:
        return Parser().parsestr(wheel.read(f"falco_dispatch-{VERSION}.dist-info/METADATA").decode())


def test_the_wheel_has_three_packages_and_nothing_besides(names: list[str]) -> None:
    assert {name.split("/")[0] for name in names} == {
        "falco_dispatch",
        "relay",
        "responder",
        f"falco_dispatch-{VERSION}.dist-info",
    }


def test_the_wheel_has_every_file_of_its_packages(names: list[str]) -> None:
    folders = {"falco_dispatch": stack.ROOT, "relay": stack.ROOT, "responder": stack.ROOT / "actions"}
    files = {
        path.relative_to(parent).as_posix()
        for package, parent in folders.items()
        for path in (parent / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if ".dist-info/" not in name} == files


def test_the_wheel_says_where_the_project_is_and_what_it_runs_on(declared: Message) -> None:
    links = {link.split(", ")[0]: link.split(", ")[1] for link in declared.get_all("Project-URL", [])}
    assert links.keys() >= {"Homepage", "Documentation", "Changelog", "Issues", "Security"}
    assert "Operating System :: POSIX :: Linux" in declared.get_all("Classifier", [])
    assert "Programming Language :: Python :: 3.11" in declared.get_all("Classifier", [])


def test_it_prints_its_version(installation: Installation) -> None:
    result = installation.run("version")
    assert result.stdout.startswith(f"falco-dispatch {VERSION} (Python 3.")


@oracle.needs_kustomize
def test_a_repository_is_tried_with_only_kustomize_beside_it(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "alpine.yaml").write_bytes(stack.desired_state()["alpine.yaml"])
    assert oracle.KUSTOMIZE
    result = installation.run("try", str(tmp_path), environ={"PATH": str(Path(oracle.KUSTOMIZE).parent)})
    assert result.stdout.endswith("1 workloads rendered\n     1 contained, proved\n     0 wrong\n"), result.stderr
    assert result.returncode == 0


def test_without_settings_it_prints_what_is_missing(installation: Installation) -> None:
    result = installation.run("serve")
    assert result.returncode == 2
    assert "relay: RELAY_REPOSITORY is required" in result.stderr


def test_the_relay_can_be_started_as_a_module_too(installation: Installation) -> None:
    result = subprocess.run(
        [installation.python, "-I", "-m", "relay"], cwd=installation.folder, env={}, capture_output=True, check=False
    )
    assert result.returncode == 2
    assert b"relay: RELAY_REPOSITORY is required" in result.stderr


@pytest.mark.e2e
def test_samples_reach_a_relay(installation: Installation, tmp_path: Path) -> None:
    """Falco's JSON from one file, and a CloudEvent from standard input, twice."""
    event = sidekick.falco_events()["E02"]
    (tmp_path / "falco.json").write_bytes(sidekick.body(event))
    (tmp_path / "token").write_text(TOKEN + "\n")
    cloudevent = json.dumps(sidekick.cloudevent(event, event_id="a"))
    settings = {"RELAY_COALESCE_SECONDS": "0"}
    environ = process.environment(tmp_path, api_url="http://127.0.0.1:9", token="t", settings=settings)
    with process.started(tmp_path, environ) as relay:
        result = installation.run(
            *("replay", str(tmp_path / "falco.json"), "-", "--to", relay.url),
            *("--token-file", str(tmp_path / "token")),
            content=f"{cloudevent}\n{cloudevent}\n",
        )
    assert result.stdout == "3 events: 2 accepted, 1 coalesced, 0 ignored, 0 refused\n", result.stderr
    assert result.returncode == 0


def test_a_subcommand_imports_only_what_it_needs(installation: Installation) -> None:
    script = (
        "import sys; from falco_dispatch.__main__ import main; main(['version']);"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'responder', 'httpx', 'yaml', 'shtab'}))"
    )
    result = subprocess.run([installation.python, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[1] == "[]"


def test_bash_completes_subcommands_and_options(installation: Installation, tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(installation.run("completion", "bash").stdout)

    def candidates(*words: str) -> set[str]:
        program = (
            f"source {script}; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1};"
            "$(complete -p falco-dispatch | sed 's/.*-F \\([^ ]*\\) .*/\\1/'); printf '%s\\n' \"${COMPREPLY[@]}\""
        )
        # The function is called in the same shell, because it fills COMPREPLY there.
        program = program.replace("$(complete", "function=$(complete").replace(
            "/\\1/'); printf", "/\\1/'); $function; printf"
        )
        environ = {"PATH": os.environ["PATH"]}
        result = subprocess.run(
            ["bash", "-c", program], env=environ, capture_output=True, text=True, check=True, cwd=tmp_path
        )
        return set(result.stdout.split())

    assert candidates("falco-dispatch", "re") == {"replay"}
    assert candidates("falco-dispatch", "dead", "re") == {"requeue"}
    assert "--json" in candidates("falco-dispatch", "try", "--j")
