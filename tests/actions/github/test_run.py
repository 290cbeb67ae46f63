import io
import json
from pathlib import Path

import pytest

from responder.errors import BadInput
from responder.github.run import SUMMARY_LIMIT, Run


def run(**environ: str) -> Run:
    return Run(environ=environ, out=io.StringIO(), marker="m4rker")


def printed(a_run: Run) -> str:
    assert isinstance(a_run.out, io.StringIO)
    return a_run.out.getvalue()


def test_an_input_comes_from_the_environment_under_its_upper_case_name() -> None:
    assert (
        run(INPUT_RECEIVER_URL=" https://flux.example/hook/1 ").input("receiver-url") == "https://flux.example/hook/1"
    )


def test_an_empty_input_means_its_default() -> None:
    assert run(INPUT_MODE="").choice("mode", "commit", "dry-run") == "commit"


def test_an_input_outside_its_choices_is_refused_with_what_it_can_be() -> None:
    with pytest.raises(BadInput, match=r"input mode is 'comit'; it can be commit, dry-run"):
        run(INPUT_MODE="comit").choice("mode", "commit", "dry-run")


@pytest.mark.parametrize("ref", ["refs/tags/v1", "refs/pull/7/merge", ""])
def test_only_a_branch_can_be_committed_to(ref: str) -> None:
    with pytest.raises(BadInput, match="not on a branch"):
        _ = run(GITHUB_REF=ref).branch


def test_a_branch_name_may_have_slashes() -> None:
    assert run(GITHUB_REF="refs/heads/env/prod").branch == "env/prod"


def test_the_event_is_the_file_that_the_runner_names(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"client_payload": {"events": [1]}}))
    assert run(GITHUB_EVENT_PATH=str(file)).event() == {"client_payload": {"events": [1]}}


def test_a_run_without_an_event_has_an_empty_one() -> None:
    assert run().event() == {}


def test_an_output_cannot_end_itself_and_set_another(tmp_path: Path) -> None:
    file = tmp_path / "output"
    hostile = "x\nEOF\nchanged=true\nghadelimiter"
    run(GITHUB_OUTPUT=str(file)).write_output("responses", hostile)
    first, *middle, last = file.read_text().splitlines()
    assert first == f"responses<<{last}"
    assert middle == hostile.splitlines()


def test_the_log_is_printed_with_workflow_commands_off() -> None:
    a_run = run()
    a_run.log("::set-output name=changed::true")
    assert printed(a_run) == "::stop-commands::m4rker\n::set-output name=changed::true\n::m4rker::\n"


def test_an_annotation_names_its_place_and_stays_one_command() -> None:
    a_run = run()
    a_run.annotate("notice", "50%\n::error::x", file="apps/a,b.yaml", line=3)
    assert printed(a_run) == "::notice file=apps/a%2Cb.yaml,line=3::50%25%0A::error::x\n"


def test_a_summary_over_githubs_limit_is_cut_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    run(GITHUB_STEP_SUMMARY=str(file)).write_summary("é" * SUMMARY_LIMIT)
    assert file.stat().st_size <= SUMMARY_LIMIT
    assert "GitHub takes 1 MiB" in file.read_text()


def test_the_page_of_the_repository_is_known_only_where_the_runner_says_all_of_it() -> None:
    assert run(GITHUB_REPOSITORY="a/b").repository_url is None
    assert (
        run(GITHUB_REPOSITORY="a/b", GITHUB_SERVER_URL="https://github.com").repository_url == "https://github.com/a/b"
    )
