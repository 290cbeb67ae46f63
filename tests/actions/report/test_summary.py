"""The job summary with hostile events, as a browser would have it: text stays text, whatever is in it."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from responder.falco import cloudevent
from responder.gitops.checkout import Checkout
from responder.notify.notifications import Notification
from responder.notify.receiver import CallResult
from responder.plan import planner
from responder.plan.plan import Plan
from responder.publish.push import Published
from responder.report.flux_state import FluxState
from responder.report.links import Links
from responder.report.summary import Report
from responder.rules import parser
from tests import sidekick
from tests.actions.report.pages import HOSTILE, Page
from tests.actions.runs import ALPINE
from tests.soak import examples

EVERY = b"version: 1\nrules: [{name: all, match: {rules: ['*']}, respond: [stop]}]\n"
LINK = re.compile(
    r"https://github\.example/acme/state/|https://attack\.mitre\.org/(techniques/T\d{4}|tactics/TA\d{4})/"
)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
# What the summary itself is made of.
_TEXT = ("h2", "h3", "p", "ul", "li", "a", "code", "pre", "strong", "blockquote", "details", "summary")
ALLOWED = frozenset((*_TEXT, "table", "thead", "tbody", "tr", "th", "td"))


def summary(text: str) -> str:
    """The summary of a batch in which one event is contained and one is not, with the text wherever it can be."""
    return report(plan_of(text)).summary()


def plan_of(text: str) -> Plan:
    falco = sidekick.falco_events()["E02"]
    fields = {**falco["output_fields"], "proc.cmdline": text, "k8s.evil<b>|": text}
    sent = {**falco, "rule": text, "output": text, "tags": [text], "hostname": text, "output_fields": fields}
    attributes = {"event_id": text or "x", "source": text or "x"}
    events = cloudevent.parse_all(
        [_cloudevent(sent, attributes), _cloudevent({**sent, "output_fields": {}}, attributes)]
    )
    checkout = Checkout.from_contents({"alpine.yaml": ALPINE})
    return planner.plan_responses(events, parser.parse(EVERY, name="rules"), checkout)


def _cloudevent(falco: dict[str, Any], attributes: dict[str, str]) -> dict[str, Any]:
    structured = sidekick.cloudevent(falco, event_id="1", cluster="prod")
    times = {"relayaccepted": "2026-07-01T12:00:01Z", "relaydispatched": "2026-07-01T12:00:02Z"}
    return {**structured, "id": attributes["event_id"], "source": attributes["source"], **times}


def report(plan: Plan) -> Report:
    published = Published(
        plan=plan, diff="-  replicas: 2\n+  replicas: 0\n", commit="0123456789abcdef" * 2 + "01234567"
    )
    now = datetime.now(UTC)
    return Report(
        published=published,
        dry_run=False,
        links=Links(repository="https://github.example/acme/state"),
        rules="rules",
        started=now,
        finished=now,
        flux=FluxState(notifications=(Notification(cluster=None, result=CallResult(status=200, detail="")),), when=now),
    )


PLAIN = Page(summary("a plain name"))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_an_event_becomes_markup(text: str) -> None:
    page = Page(summary(text))
    assert page.elements == PLAIN.elements
    assert set(page.elements) <= ALLOWED
    assert page.attributes <= {"href", "class"}
    assert all(LINK.match(link) for link in page.links)


@pytest.mark.parametrize("text", ["<b>bold</b>", "a | b", "*a* _b_", "`x`", "@acme/security", "$(id)"])
def test_a_person_can_read_what_it_says(text: str) -> None:
    assert text in Page(summary(text)).text


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60))
def test_no_text_at_all_becomes_markup(text: str) -> None:
    page = Page(summary(text))
    assert set(page.elements) <= ALLOWED
    assert all(LINK.match(link) for link in page.links)


def test_the_chart_holds_nothing_of_the_event_but_its_time() -> None:
    chart = summary("hostile").partition("```mermaid\n")[2].partition("```")[0]
    assert chart.splitlines()[0] == "sequenceDiagram"
    assert "hostile" not in chart
    assert "Falco->>Falcosidekick" in chart
    assert "relay->>GitHub: 12:00:02 dispatched it" in chart


def test_the_timeline_ends_with_how_flux_comes_to_know() -> None:
    notified = report(plan_of("a"))
    assert "| GitHub | told Flux |" in notified.summary()
    assert "| Flux | finds it at its next interval |" in replace(notified, flux=FluxState()).summary()


def test_the_way_to_undo_it_is_a_link_and_what_to_paste() -> None:
    undo = summary("a").partition("### Undo")[2].partition("###")[0]
    assert "https://github.example/acme/state/actions/workflows/restore.yml" in undo
    assert COMMIT in undo


def test_without_a_commit_there_is_nothing_to_undo_and_no_timeline() -> None:
    pushed = report(Plan(outcomes=()))
    summary = replace(pushed, published=replace(pushed.published, commit=None)).summary()
    assert "Undo" not in summary
    assert "Timeline" not in summary
