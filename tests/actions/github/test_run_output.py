"""What a run writes where the runner reads it: no text can become a command or another output."""

import io
from pathlib import Path

import pytest

from responder.github.run_output import SUMMARY_LIMIT, Annotation, RunOutput


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def output(tmp_path: Path, log: io.StringIO) -> RunOutput:
    return RunOutput(log=log, output_file=tmp_path / "output", summary_file=tmp_path / "summary", marker="m4rker")


def test_an_output_cannot_end_itself_and_set_another(tmp_path: Path, output: RunOutput) -> None:
    hostile = "x\nEOF\nchanged=true\nghadelimiter"
    output.set_output("responses", hostile)
    first, *middle, last = (tmp_path / "output").read_text().splitlines()
    assert first == f"responses<<{last}"
    assert middle == hostile.splitlines()


def test_each_output_has_a_delimiter_that_nobody_can_guess(tmp_path: Path, output: RunOutput) -> None:
    output.set_output("a", "1")
    output.set_output("b", "2")
    delimiters = (tmp_path / "output").read_text().splitlines()[2::3]
    assert len(set(delimiters)) == 2
    assert all(len(delimiter) >= 32 for delimiter in delimiters)


def test_each_run_has_a_marker_that_nobody_can_guess(log: io.StringIO) -> None:
    markers = {RunOutput(log=log).marker for _ in range(2)}
    assert len(markers) == 2
    assert all(len(marker) >= 32 for marker in markers)


def test_the_log_is_printed_with_workflow_commands_off(log: io.StringIO, output: RunOutput) -> None:
    output.print("::set-output name=changed::true")
    assert log.getvalue() == "::stop-commands::m4rker\n::set-output name=changed::true\n::m4rker::\n"


@pytest.mark.parametrize(
    ("annotation", "command"),
    [
        pytest.param(Annotation(level="error", message="x"), "::error::x", id="without a place"),
        pytest.param(
            Annotation(level="notice", message="50%\n::error::x", file="apps/a,b.yaml", line=3),
            "::notice file=apps/a%2Cb.yaml,line=3::50%25%0A::error::x",
            id="hostile text stays one command",
        ),
    ],
)
def test_an_annotation_is_one_workflow_command(
    log: io.StringIO, output: RunOutput, annotation: Annotation, command: str
) -> None:
    output.annotate(annotation)
    assert log.getvalue() == f"{command}\n"


def test_a_secret_is_masked_by_one_command(log: io.StringIO, output: RunOutput) -> None:
    output.mask("a%b\nc")
    assert log.getvalue() == "::add-mask::a%25b%0Ac\n"


def test_summaries_are_added_to_each_other(tmp_path: Path, output: RunOutput) -> None:
    output.write_summary("é")
    output.write_summary("\n")
    assert (tmp_path / "summary").read_text(encoding="utf-8") == "é\n"


def test_a_summary_over_githubs_limit_is_cut_and_says_so(tmp_path: Path, output: RunOutput) -> None:
    output.write_summary("é" * SUMMARY_LIMIT)
    assert SUMMARY_LIMIT - 300 < (tmp_path / "summary").stat().st_size <= SUMMARY_LIMIT
    assert "GitHub takes 1 MiB" in (tmp_path / "summary").read_text()


def test_a_summary_of_just_githubs_limit_is_whole(tmp_path: Path, output: RunOutput) -> None:
    output.write_summary("x" * SUMMARY_LIMIT)
    assert (tmp_path / "summary").read_text() == "x" * SUMMARY_LIMIT


def test_outputs_and_summary_that_nobody_reads_are_left_out(log: io.StringIO) -> None:
    output = RunOutput(log=log)
    output.set_output("a", "1")
    output.write_summary("x")
    assert log.getvalue() == ""
