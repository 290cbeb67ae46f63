"""What can be typed: each example of the help is valid, and what the relay knows is what the parser knows."""

import re
import shlex
from pathlib import Path

import pytest
import shtab

import falco_dispatch
from falco_dispatch import parser
from falco_dispatch.__main__ import INTERRUPTED, main
from falco_dispatch.commands import version as command
from falco_dispatch.parser import SUBCOMMANDS, build_parser
from relay.outbox import dead_letters
from tests.test_documentation import table

README = (Path(falco_dispatch.__file__).parent / "README.md").read_text()
EXAMPLES = [pytest.param(line, id=line) for subcommand in SUBCOMMANDS.values() for line, _ in subcommand.examples]


@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_of_the_help_can_be_typed(line: str) -> None:
    match = re.search(r"falco-dispatch ([^|>)]*)", line)
    assert match is not None
    assert build_parser().parse_args(shlex.split(match[1])).command in SUBCOMMANDS


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_the_help_of_a_subcommand_shows_its_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    output = capsys.readouterr().out
    assert SUBCOMMANDS[name].epilog in output
    assert SUBCOMMANDS[name].examples


def test_the_help_lists_every_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    output = " ".join(capsys.readouterr().out.split())
    assert [name for name, subcommand in SUBCOMMANDS.items() if f"{name} {subcommand.summary}" not in output] == []


def test_without_a_subcommand_it_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert "subcommands:" in errors


def test_the_dead_letters_can_be_treated_as_the_relay_does() -> None:
    assert parser.LETTER_ACTIONS == dead_letters.COMMANDS


def test_a_shell_that_can_be_completed_can_be_named() -> None:
    assert set(parser.SHELLS) <= set(shtab.SUPPORTED_SHELLS)


@pytest.mark.parametrize("shell", parser.SHELLS)
def test_the_completion_of_a_shell_knows_every_subcommand(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert [name for name in SUBCOMMANDS if name not in script] == []


def test_an_interrupt_ends_a_subcommand_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run", interrupt)
    assert main(["version"]) == INTERRUPTED == 130


def test_the_exit_codes_of_every_subcommand_are_described() -> None:
    rows = {name: [cell.strip() for cell in cells] for name, *cells in table(README, "Exit codes")}
    padded = {name: [*subcommand.exit_codes, "", ""][:3] for name, subcommand in SUBCOMMANDS.items()}
    assert rows == padded


def test_every_subcommand_is_described() -> None:
    assert {row[0]: row[1].strip() for row in table(README, "Subcommands")} == {
        name: subcommand.summary for name, subcommand in SUBCOMMANDS.items()
    }
