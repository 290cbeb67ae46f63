"""What the READMEs say, held against the code."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from relay import reach
from responder.commands.inputs import RULES_FILE
from responder.plan.effects import STOP
from responder.plan.outcome import Verdict
from responder.rules import parser
from tests import sidekick, stack

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
RESPOND = ROOT / "actions" / "respond"


def table(markdown: str, heading: str) -> list[list[str]]:
    """The rows of the first table after a heading, without the backquotes of their first cells."""
    rows = markdown.partition(f"## {heading}\n")[2].partition("\n## ")[0].splitlines()
    cells = [row.removeprefix("|").removesuffix("|").split("|") for row in rows if row.startswith("|")]
    return [[cell.strip(" `") for cell in row] for row in cells[2:]]


ACTIONS = [
    pytest.param(path, id=path.name) for path in sorted(ROOT.glob("actions/*/")) if (path / "action.yml").exists()
]
every_action = pytest.mark.parametrize("folder", ACTIONS)


def action(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((folder / "action.yml").read_bytes())
    return content


@every_action
def test_every_input_of_an_action_is_described_with_its_default(folder: Path) -> None:
    described = {row[0]: row[1] for row in table((folder / "README.md").read_text(), "Inputs")}
    defaults = {name: details["default"] for name, details in action(folder)["inputs"].items()}
    if described.get("event") == "the run's own event":
        described["event"] = ""
    assert described == defaults


@every_action
def test_every_output_of_an_action_is_described(folder: Path) -> None:
    assert [row[0] for row in table((folder / "README.md").read_text(), "Outputs")] == list(action(folder)["outputs"])


@every_action
def test_every_input_reaches_python_through_the_environment(folder: Path) -> None:
    content = action(folder)
    (step,) = content["runs"]["steps"]
    expected = {f"INPUT_{name.upper().replace('-', '_')}": f"${{{{ inputs.{name} }}}}" for name in content["inputs"]}
    assert step["env"] == expected
    assert "${{" not in step["run"]
    assert step["run"].endswith(f'run.sh" {folder.name}')


def test_every_verdict_is_described() -> None:
    described = [row[0] for row in table((RESPOND / "README.md").read_text(), "Outcomes of an event")]
    assert described == [verdict.value for verdict in Verdict]


def test_every_kind_that_can_be_stopped_is_described_with_its_edit() -> None:
    rows = table((RESPOND / "README.md").read_text(), "What changes")
    described = {kind.strip("` "): edit.strip("` ") for kinds, edit in rows for kind in kinds.split(",")}
    edits = {kind: f"{'.'.join(map(str, path))}: {json.dumps(value)}" for kind, (path, value) in STOP.items()}
    assert described == edits


def test_every_kind_whose_pods_an_operator_makes_is_described() -> None:
    rows = table((RESPOND / "README.md").read_text(), "Pods that an operator makes")
    kinds = json.loads((ROOT / "actions" / "responder" / "schema" / "kinds.json").read_bytes())["kinds"]
    expected = [
        [
            f"[{kind['kind']}]({kind['source']})",
            kind["group"],
            ", ".join(f"`{form}`" for form in kind["pods"]).strip("`"),
            "; ".join(f"`{path}: {json.dumps(value)}`" for path, value in kind.get("stop", {}).items()).strip("`")
            or f"none: {kind['obstacle']}",
        ]
        for kind in kinds
    ]
    assert rows == expected


SCHEMA: dict[str, Any] = json.loads((ROOT / "actions" / "responder" / "schema" / "rules.json").read_bytes())


def test_every_key_of_the_rules_is_described() -> None:
    readme = (RESPOND / "README.md").read_text()
    section = readme.partition("\n## Rules\n")[2].partition("\n## ")[0]
    first, second = (part for part in section.split("\n\n") if part.startswith("| "))
    keys = [[row.split("|")[1].strip(" `") for row in part.splitlines()[2:]] for part in (first, second)]
    assert sorted(keys[0]) == sorted(SCHEMA["properties"])
    assert keys[1] == list(SCHEMA["$defs"]["match"]["properties"])


def test_every_response_is_described() -> None:
    described = [row[0] for row in table((RESPOND / "README.md").read_text(), "Responses")]
    assert described == list(SCHEMA["$defs"]["response"]["properties"])


def test_the_rules_in_the_readme_are_rules() -> None:
    examples = re.findall(r"```yaml\n(version: 1\n.*?)```", README, re.DOTALL)
    assert [len(parser.parse(example.encode(), name="README.md").rules) for example in examples] == [2]


def test_the_built_in_rule_is_the_one_that_is_described() -> None:
    (rule,) = parser.built_in(name="none").rules
    assert rule.criteria.rules is not None
    assert "*Terminal shell in container* → `stop`" in (RESPOND / "README.md").read_text()
    assert str(rule.criteria.rules) == "Terminal shell in container"


def test_the_default_of_the_rules_input_is_the_path_that_the_code_uses() -> None:
    assert action(RESPOND)["inputs"]["rules"]["default"] == RULES_FILE


def test_the_table_of_topologies_tells_all_that_each_credential_can_do() -> None:
    rows = table(README, "The credential, honestly")
    assert {row[0]: row[-1].strip() for row in rows} == {
        "outside": reach.CONTENTS,
        "inside": reach.ACTIONS,
        "keyless": reach.KEYLESS,
    }


def test_the_environment_of_restores_is_that_of_the_workflow() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "restore.yml").read_bytes())
    environment = action(ROOT / "actions" / "restore")["inputs"]["environment"]["default"]
    assert workflow["jobs"]["restore"]["environment"] == environment
    assert workflow["jobs"]["restore"]["permissions"]["actions"] == "read"
    assert f"`{environment}`" in README


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("act") is None, reason="no act: `make setup` builds it where Go is")
def test_the_command_for_act_works_as_it_is_written(tmp_path: Path) -> None:
    commands = re.search(r"### With act\n.*?```console\n(.*?)```", README, re.DOTALL)
    assert commands is not None
    script = re.sub(r"^\$ ", "", commands[1], flags=re.MULTILINE)
    with stack.start(tmp_path, files=stack.desired_state()) as parts:
        token = parts.hub.create_token(stack.REPOSITORY, permissions={"contents": "write"})
        url = parts.repository.clone_url
        clone = tmp_path / "desired-state"
        subprocess.run(["git", "clone", "-q", url.replace("//", f"//x:{token}@"), clone], check=True)
        subprocess.run(["git", "remote", "set-url", "origin", url], cwd=clone, check=True)
        shutil.copytree(ROOT / "actions", tmp_path / "falco-dispatch" / "actions")
        (clone / "falco.json").write_bytes(sidekick.body(sidekick.falco_events()["E02"]))
        environ = {**os.environ, "HOME": str(tmp_path), "GITHUB_TOKEN": token}
        ended = subprocess.run(
            ["bash", "-ec", script], cwd=clone, env=environ, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        pushed = subprocess.run(
            ["git", "show", "main:alpine.yaml"], cwd=parts.repository.path, capture_output=True, check=True
        )
        assert b"replicas: 0  # one for each zone" in pushed.stdout, ended.stdout
