"""The summary, the JSON and the page of a status, with hostile texts, as programs and browsers read them."""

import html
import json
import re
import shlex
from datetime import timedelta

import pytest

from responder.plan.containment import Fate
from responder.report.status_chart import status_chart
from responder.report.status_json import contained_json, status_json
from responder.report.status_page import status_page
from responder.report.status_row import rows
from responder.report.status_summary import status_summary
from responder.report.status_text import status_text
from tests.actions.active_text import HOSTILE as ACTIVE
from tests.actions.active_text import acts, acts_in_markdown
from tests.actions.report.pages import HOSTILE, Page
from tests.actions.report.statuses import NOW, URL, containment, status

TEXTS = [*HOSTILE, ACTIVE, "'; touch /tmp/owned; '", "--ref=evil"]
EVERY_FATE = list(Fate)


def one_of_each(text: str) -> list[str]:
    """Return the summary, the JSON and the page of a status in which each fate has the text everywhere."""
    current = status(*(containment(text, fate, number=number) for number, fate in enumerate(Fate)))
    return [
        status_summary(current, URL),
        status_json(current, URL),
        status_page(current, title=text, repository_url=URL),
    ]


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_adds_an_element_or_a_link_to_the_summary(text: str) -> None:
    summary, harmless = one_of_each(text)[0], one_of_each("harmless")[0]
    assert Page(summary).elements == Page(harmless).elements
    assert all(link.startswith(f"{URL}/commit/") for link in Page(summary).links)
    assert acts_in_markdown(summary, links=f"{URL}/commit/") == []


@pytest.mark.parametrize("text", TEXTS)
def test_the_json_holds_the_text_as_it_was_and_github_acts_on_none_of_it(text: str) -> None:
    document = one_of_each(text)[1]
    responses = json.loads(document)["responses"]
    assert {response["falco-rule"] for response in responses} == {text}
    assert document.isascii()
    assert acts(document) == []


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_adds_an_element_or_an_attribute_to_the_page(text: str) -> None:
    def shape(page: str) -> list[str]:
        return re.findall(r"<[^\s>]+|\s[\w-]+=(?=\")", page)

    assert shape(one_of_each(text)[2]) == shape(one_of_each("harmless")[2])


@pytest.mark.parametrize("text", [*TEXTS, "\x1b]0;owned\x07\x9b31m\r\n\u202e"])
def test_a_terminal_gets_no_control_characters(text: str) -> None:
    def lines(text: str) -> list[str]:
        containments = [containment(text, fate, number=number, days=30) for number, fate in enumerate(Fate)]
        return status_text(status(*containments)).split("\n")

    assert all(line.isprintable() for line in lines(text))
    assert len(lines(text)) == len(lines("harmless"))


@pytest.mark.parametrize("text", TEXTS)
def test_a_shell_gets_an_event_as_one_word(text: str) -> None:
    current = status(containment(text), containment("other"))  # of one commit, so that the event is named
    (row, _) = rows(current, URL)
    *command, value = shlex.split(row.undo)
    assert command == ["gh", "workflow", "run", "restore.yml", "-f"]
    assert value.startswith("event=")
    assert (row.undo.isascii(), "\n" in row.undo) == (True, False)


def test_a_commit_is_named_where_an_event_would_mean_more_or_the_same() -> None:
    alone = status(containment(number=1), containment(number=2))
    assert [row.undo.partition("-f ")[2] for row in rows(alone, URL)] == [f"commit={1:040x}", f"commit={2:040x}"]
    same_event = status(containment("same", number=1), containment("same", number=1), containment("same", number=2))
    assert "event=" not in "".join(row.undo for row in rows(same_event, URL))


def test_what_has_ended_has_no_command_to_undo_it() -> None:
    current = status(*(containment(fate=fate, number=number) for number, fate in enumerate(Fate)))
    assert [bool(row.undo) for row in rows(current, URL)] == [fate.is_contained for fate in EVERY_FATE]
    assert len(json.loads(contained_json(current, URL))) == len(current.contained) == 3


def test_only_what_is_contained_for_longer_than_the_limit_is_overdue() -> None:
    responses = [containment(days=7), containment(days=7.01), containment(fate=Fate.RESTORED, days=90)]
    assert [row.is_overdue for row in rows(status(*responses), URL)] == [False, True, False]
    assert status(*responses, contained_days=None).overdue == []


def test_the_median_is_that_of_the_ends_that_are_known() -> None:
    ended = [containment(fate=Fate.RESTORED), containment(fate=Fate.UNDONE)]
    assert status(*ended, containment(days=50)).median == timedelta(hours=3)
    assert status(containment()).median is None


def test_a_summary_of_very_many_responses_stays_below_the_limit_of_github() -> None:
    text = "<" * 300
    current = status(*(containment(text, number=number, days=30) for number in range(2000)))
    summary = status_summary(current, URL)
    assert len(summary.encode()) < 1024 * 1024
    assert "1800 more are left out here." in summary


def test_without_an_address_of_the_repository_nothing_is_linked() -> None:
    current = status(containment(), containment(fate=Fate.RESTORED))
    assert Page(status_summary(current, None)).links == []
    page = status_page(current, title="state", repository_url=None)
    assert "<a " not in page
    assert html.escape("0" * 11) in page


@pytest.mark.parametrize(
    ("days", "unit"), [(0.1, "day"), (30, "day"), (32, "week"), (350, "week"), (380, "month"), (20000, "month")]
)
def test_the_chart_counts_every_response_in_its_period(days: float, unit: str) -> None:
    responses = [containment(days=days), containment(days=days, fate=Fate.RESTORED), containment(days=0)]
    chart = status_chart(list(rows(status(*responses), URL)), NOW)
    assert f'aria-label="3 responses, by {unit}"' in chart
    counts = [tuple(map(int, match)) for match in re.findall(r": (\d+) responses, (\d+) in force", chart)]
    assert (sum(total for total, _ in counts), sum(contained for _, contained in counts)) == (3, 2)
    assert "-" not in "".join(re.findall(r'(?:height|width|x|y)="([^"]*)"', chart))
