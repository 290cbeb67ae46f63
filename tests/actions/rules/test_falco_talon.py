"""The eight defects of matching in Falco Talon that ours is not to have."""

import pytest

from responder.errors import BadRules
from responder.rules import matching
from tests.actions.rules.matching import PROD, SHELL, load, matches, parse, row, rule


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        # 1: a percentage was compared as a number. Here a number is a number, and a percentage in a limit a mistake.
        row("{output_fields: {templated.number: 34816%}}", False),
        # 2: a value with `=` in it was dropped, and the condition became always true.
        row("{output_fields: {proc.cmdline: foo --x=1}}", False),
        row("{output_fields: {proc.cmdline: 'sh -c curl --proto=https,http x=1 | tee [out] *'}}", True),
        row("{output_fields: {proc.name: sh=sh}}", False),
        # 3: `!=` matched where the field was not there.
        row("{output_fields: {nothing.like.it: {not: bash}}}", False),
        # 4: a value with `,` in it was split and could not match.
        row("{output_fields: {proc.cmdline: {glob: '*https,http*'}}}", True),
        row("{output_fields: {proc.name: 'sh,bash'}}", False),
        row("{output_fields: {proc.name: 'bash,sh'}}", False),
        # 6: an empty priority or source overwrote a given one; there is no merging, and empty ones are mistakes.
        row("{priority: Error, source: syscall}", False),
        # 7: variables in fields and parameters were expanded.
        row("{output_fields: {user.home: '$HOME/${USER}'}}", True),
        row("{output_fields: {user.home: {glob: '/*'}}}", False),
    ],
)
def test_defects_of_falco_talon_are_not_ours(criteria: str, expected: bool) -> None:
    assert matches(criteria, PROD) is expected


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(rule("a", '{rules: ["*"]}', ", ignore_errors: true"), id="8: a key that meant something else"),
        pytest.param(rule("a", "{priority: ''}"), id="6: empty priority"),
        pytest.param(rule("a", "{source: ''}"), id="6: empty source"),
        pytest.param(rule("a", '{rules: ["*"]}') * 2, id="6: two rules of one name"),
        pytest.param(rule("a", "{output_fields: ['proc.name=sh']}"), id="2: a field in one text with its value"),
        pytest.param(rule("a", "{tags: ['shell, container']}"), id="4: a comma that meant and"),
    ],
)
def test_what_falco_talon_took_amiss_is_a_mistake(written: str) -> None:
    with pytest.raises(BadRules):
        load(written)


def test_a_percentage_is_no_limit() -> None:
    """Falco Talon's first defect: 33% of the replicas were read as 33 replicas."""
    with pytest.raises(BadRules, match='is "33%"; expected a whole number'):
        load(rule("a", '{rules: ["*"]}'), more="limits: {responses-per-hour: 33%}")


@pytest.mark.parametrize("output", ["12:33:25.478445995: Warning A", "2025-11-26T12:33:25.478445995+0000: Warning A"])
def test_how_falco_writes_the_time_decides_nothing(output: str) -> None:
    """Falco Talon's fifth defect: what it knew an event by kept the time in it."""
    ruleset = load(rule("a", "{rules: [Terminal shell in container]}"))
    assert matching.decide(parse({**SHELL, "output": output}), ruleset) == matching.decide(parse(), ruleset)
