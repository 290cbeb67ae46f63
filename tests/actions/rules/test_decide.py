"""Which of the matching rules apply, and how careful the response is."""

import pytest

from responder.rules import matching
from responder.rules.model import Mode
from tests.actions.rules.matching import PROD, load, rule


def followed(*written: str, more: str = "") -> dict[str, Mode]:
    return {decision.rule.name: decision.mode for decision in matching.decide(PROD, load(*written, more=more))}


ANY, NONE = '{rules: ["*"]}', "{rules: [x]}"


@pytest.mark.parametrize(
    ("written", "names"),
    [
        pytest.param([rule("a", ANY), rule("b", ANY)], ["a"], id="the first that matches"),
        pytest.param([rule("a", NONE), rule("b", ANY)], ["b"], id="not the first"),
        pytest.param([rule("a", NONE), rule("b", NONE)], [], id="none"),
        pytest.param([rule("a", ANY, ", continue: true"), rule("b", ANY)], ["a", "b"], id="goes on"),
        pytest.param(
            [rule("a", ANY, ", continue: true"), rule("b", NONE), rule("c", ANY), rule("d", ANY)],
            ["a", "c"],
            id="goes on to the next that matches",
        ),
        pytest.param(
            [rule("a", NONE, ", continue: true"), rule("b", ANY), rule("c", ANY)],
            ["b"],
            id="what does not match decides nothing",
        ),
        pytest.param([rule("a", ANY, ", continue: false"), rule("b", ANY)], ["a"], id="said outright"),
    ],
)
def test_which_rules_are_followed(written: list[str], names: list[str]) -> None:
    assert list(followed(*written)) == names


@pytest.mark.parametrize(
    ("rule_mode", "review", "mode"),
    [
        pytest.param("", "", Mode.COMMIT, id="by default"),
        pytest.param(", mode: pull-request", "", Mode.PULL_REQUEST, id="the rule's own"),
        pytest.param("", "review: [{namespaces: [shop]}]", Mode.PULL_REQUEST, id="review by namespace"),
        pytest.param("", 'review: [{priority: ">=Error"}]', Mode.COMMIT, id="no review beyond its priority"),
        pytest.param(
            "", 'review: [{priority: ">=Error"}, {priority: "<Error"}]', Mode.PULL_REQUEST, id="any of several"
        ),
        pytest.param(
            ", mode: dry-run", "review: [{namespaces: [shop]}]", Mode.DRY_RUN, id="review commits nothing more"
        ),
        pytest.param(
            ", mode: commit", "review: [{namespaces: [shop]}]", Mode.PULL_REQUEST, id="review goes before commit"
        ),
    ],
)
def test_how_careful_a_response_is(rule_mode: str, review: str, mode: Mode) -> None:
    assert followed(rule("a", ANY, rule_mode), more=review) == {"a": mode}
