"""The criteria for whole events: bounds of priorities, name patterns and tags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.falco.priority import Priority
from responder.rules.criteria import Bound, NamePatterns, Tags


@pytest.mark.parametrize(
    ("text", "lower", "equal", "higher"),
    [
        pytest.param(">=Error", False, True, True, id="at least"),
        pytest.param(">Error", False, False, True, id="above"),
        pytest.param("=Error", False, True, False, id="equal"),
        pytest.param("Error", False, True, False, id="without a sign"),
        pytest.param("<Error", True, False, False, id="below"),
        pytest.param("<=Error", True, True, False, id="at most"),
        pytest.param(">= error", False, True, True, id="with a space, in any case"),
    ],
)
def test_a_bound_compares_in_the_order_of_falco(text: str, lower: bool, equal: bool, higher: bool) -> None:
    bound = Bound.parse(text)
    results = [bound.holds(priority) for priority in (Priority.WARNING, Priority.ERROR, Priority.CRITICAL)]
    assert results == [lower, equal, higher]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("=>Error", "`=>` is not a comparison; use one of >=, >, =, <, <=", id="sign"),
        pytest.param("!=Error", "`!=` is not a comparison", id="unequal"),
        pytest.param(">=", "'' is not a priority", id="no word"),
        pytest.param(">=Eror", "did you mean Error?", id="typo"),
        pytest.param("", "use one of Emergency, Alert", id="empty"),
    ],
)
def test_a_text_that_is_no_bound_is_refused_with_a_suggestion(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below
        Bound.parse(text)
    assert message in str(caught.value)


@given(st.sampled_from([">=", ">", "=", "<", "<="]), st.sampled_from(Priority))
def test_the_text_of_a_bound_is_the_bound_again(sign: str, priority: Priority) -> None:
    bound = Bound(sign, priority)
    assert Bound.parse(str(bound)) == bound


@pytest.mark.parametrize(
    ("globs", "name", "expected"),
    [
        pytest.param(["a*"], "ab", True, id="glob"),
        pytest.param(["a*"], "ba", False, id="not the whole name"),
        pytest.param(["a", "b"], "b", True, id="any of several"),
        pytest.param(["!a"], "b", True, id="only exclusions"),
        pytest.param(["!a"], "a", False, id="excluded"),
        pytest.param(["!a*", "!b"], "b", False, id="excluded by the second"),
        pytest.param(["*", "!a*"], "ab", False, id="an exclusion wins"),
        pytest.param(["!a*", "*"], "ab", False, id="in any order"),
        pytest.param(["a", "!b"], "c", False, id="neither included nor excluded"),
        pytest.param(["*"], "", True, id="an empty name is a name"),
        pytest.param(["*"], None, False, id="no name"),
        pytest.param(["!a"], None, False, id="no name is not another name"),
    ],
)
def test_name_patterns_include_and_exclude(globs: list[str], name: str | None, expected: bool) -> None:
    assert NamePatterns(tuple(globs)).holds(name) is expected


tags = st.frozensets(st.sampled_from("abcd"))


@given(tags, tags, tags, tags)
def test_tags_mean_what_sets_mean(all_: set[str], any_: set[str], none: set[str], event_tags: set[str]) -> None:
    expected = all_ <= event_tags and (not any_ or bool(any_ & event_tags)) and not none & event_tags
    assert Tags(all=tuple(all_), any=tuple(any_), none=tuple(none)).holds(tuple(event_tags)) is expected


@pytest.mark.parametrize(
    ("criterion", "text"),
    [
        pytest.param(NamePatterns(("a*", "!ab")), "a*, !ab", id="patterns"),
        pytest.param(Tags(any=("a", "b")), "any of a, b", id="any"),
        pytest.param(Tags(all=("a",), none=("b", "c")), "all of a and none of b, c", id="all and none"),
        pytest.param(Bound(">", Priority.INFORMATIONAL), ">Informational", id="bound"),
    ],
)
def test_criteria_print_as_people_write_them(criterion: object, text: str) -> None:
    assert str(criterion) == text
