"""The inputs of an action, from the environment that action.yml maps them to."""

import pytest

from responder.errors import BadInput
from responder.github.inputs import Inputs


def inputs(**environ: str) -> Inputs:
    return Inputs.from_environ(environ)


def test_an_input_comes_from_the_environment_under_its_upper_case_name() -> None:
    address = "https://flux.example/hook/1"
    assert inputs(INPUT_RECEIVER_URL=f" {address} ").text("receiver-url") == address


@pytest.mark.parametrize("environ", [pytest.param({}, id="absent"), pytest.param({"INPUT_MODE": " "}, id="blank")])
def test_an_empty_input_means_its_default(environ: dict[str, str]) -> None:
    assert inputs(**environ).text("mode", "commit") == "commit"
    assert inputs(**environ).choice("mode", "commit", "dry-run") == "commit"


def test_an_input_that_is_set_is_not_its_default() -> None:
    assert inputs(INPUT_MODE="dry-run").choice("mode", "commit", "dry-run") == "dry-run"


def test_a_variable_of_another_name_is_no_input() -> None:
    assert inputs(TOKEN="x", GITHUB_INPUT_TOKEN="y").text("token") == ""


def test_an_input_outside_its_choices_is_refused_with_what_it_can_be() -> None:
    with pytest.raises(BadInput, match=r"input mode is 'comit'; it can be commit, dry-run"):
        inputs(INPUT_MODE="comit").choice("mode", "commit", "dry-run")


def test_inputs_are_not_in_the_repr() -> None:
    assert "s3cret" not in repr(inputs(INPUT_TOKEN="s3cret"))
