"""Pages within GitHub's limits, whatever is in them, and where their links lead."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from responder.errors import BadInput, BadRules, Mistake, PushRefused
from responder.falco import cloudevent
from responder.falco.event import Event
from responder.github.run_output import SUMMARY_LIMIT
from responder.gitops.checkout import Checkout
from responder.notify.notifications import Notification
from responder.notify.receiver import CallResult
from responder.plan import planner
from responder.plan.plan import Plan
from responder.publish.push import Published
from responder.report import diff_view, layout, pull_request_body, undo_help
from responder.report.failure_report import FailureReport
from responder.report.flux_state import FluxState
from responder.report.links import Links
from responder.report.summary import Report
from responder.rules import parser
from responder.surprise import Surprise
from tests import sidekick
from tests.actions.report.pages import HOSTILE, Page
from tests.actions.runs import ALPINE

RULES = b"version: 1\nrules: [{name: all, match: {rules: ['*']}, respond: [stop]}]\n"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
LINKS = Links(repository="https://github.com/acme/state", revision=COMMIT, folder="clusters", run_id="7")
NOW = datetime(2026, 7, 1, 12, 20, 41, tzinfo=UTC)
EVENTS = 200


def hostile_events(count: int = EVENTS, *, size: int = 300) -> list[Any]:
    """Return events of as many workloads, each full of text that wants to be markup and is long when it is escaped."""
    falco = sidekick.falco_events()["D16"]
    documents = []
    for number in range(count):
        text = (HOSTILE[number % len(HOSTILE)] + "|<>&`*_#@" * size)[:size]
        names = {"k8s.ns.name": "shop", "k8s.pod.name": f"web{number}-77789455d6-m7flp"}
        fields = {**falco["output_fields"], **names, "proc.cmdline": text, "proc.pname": text, "fd.name": text}
        data = {**falco, "rule": text, "output": text * 5, "hostname": text, "tags": [text], "output_fields": fields}
        documents.append(sidekick.cloudevent(data, event_id=f"{number}-{text}"[:300], cluster=text))
    return cloudevent.parse_all(documents)


def hostile_plan(*, declared: int = EVENTS) -> Plan:
    """Return the plan for hostile events, of which only some have a workload that is declared."""
    manifests = {
        f"web{number}.yaml": ALPINE.replace(b"alpine-deployment", b"web%d" % number).replace(b"default", b"shop")
        for number in range(declared)
    }
    checkout = Checkout.from_contents(manifests)
    return planner.plan_responses(hostile_events(), parser.parse(RULES, name="rules"), checkout)


def report(plan: Plan, **options: Any) -> Report:
    values: dict[str, Any] = {"dry_run": False, "links": LINKS, "rules": "rules", "started": NOW, "finished": NOW}
    return Report(published=Published(plan=plan, diff="+  replicas: 0\n" * 400, commit=COMMIT), **{**values, **options})


@pytest.fixture(scope="module")
def plan() -> Plan:
    return hostile_plan(declared=EVENTS - 3)


def test_a_batch_of_hostile_events_fits_with_what_matters_first(plan: Plan) -> None:
    summary = report(plan).summary()
    assert len(summary.encode()) < SUMMARY_LIMIT
    assert "Left out, because GitHub takes no longer page" in summary
    beginning = summary[: summary.index("### Change")]
    assert beginning.startswith("## ⚠️ 200 events: 197 contained, 3 refused\n")
    assert beginning.count("| 🛑 Stopped Deployment") == EVENTS - 3
    assert beginning.count("**Nothing was done.**") == 3
    assert summary.count("-f event=") + summary.count("-f 'workload=") == EVENTS - 3


def test_nothing_in_a_batch_of_hostile_events_becomes_markup(plan: Plan) -> None:
    rendered = Page(report(plan).summary())
    assert not {"script", "img", "h1", "em", "s", "del"} & set(rendered.elements)
    assert rendered.attributes <= {"href", "class"}
    assert all(link.startswith("https://github.com/acme/state/") for link in rendered.links)


def test_the_body_of_a_pull_request_fits_with_the_change_first(plan: Plan) -> None:
    body = pull_request_body.body(plan.outcomes, "+  replicas: 0\n" * 400)
    assert len(body) <= pull_request_body.BODY_LIMIT
    assert body.startswith("Merge this to **stop** Deployment <code>shop/web0</code>")
    assert body.index("### Change") < body.index("### Event")


def test_a_failure_with_hostile_events_fits() -> None:
    events = [event for event in hostile_events() if isinstance(event, Event)]
    summary = FailureReport(failure=BadInput("no"), events=events, links=LINKS).summary()
    assert len(summary.encode()) < SUMMARY_LIMIT
    assert summary.startswith("## ❌ Nothing was done: an input cannot be used\n")


def test_parts_that_do_not_fit_are_counted_and_smaller_ones_follow() -> None:
    text = layout.join(["first", "x" * 1000, "", "é" * 400, "last"], limit=400)
    assert text == "first\n\nlast\n\nLeft out, because GitHub takes no longer page: 2 parts.\n"


def test_a_table_counts_the_rows_that_do_not_fit() -> None:
    text = layout.table(("a", "b"), [("1", "2"), ("3" * 50, "4"), ("5", "6")], limit=30)
    assert text == "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 5 | 6 |\n\n1 more rows are left out."


def test_an_alert_keeps_its_paragraphs_and_fences_together() -> None:
    assert layout.alert("CAUTION", "a", "", "```sh\nb\n```") == "> [!CAUTION]\n> a\n>\n> ```sh\n> b\n> ```"


@pytest.mark.parametrize(
    ("link", "markdown"),
    [
        (
            LINKS.commit(COMMIT),
            f"[<code>0123&#x34;5678&#x39;ab</code>](https://github.com/acme/state/commit/{COMMIT})",
        ),
        (
            LINKS.file("apps/a b.yaml", 3),
            f"[<code>apps/a b&#x2e;yaml</code> line 3](https://github.com/acme/state/blob/{COMMIT}/clusters/apps/a%20b.yaml#L3)",
        ),
        (
            LINKS.top_file(".github/x.yaml", 3, text="shells"),
            f"[<code>shells</code>](https://github.com/acme/state/blob/{COMMIT}/.github/x.yaml#L3)",
        ),
        (LINKS.top_file("../x.yaml"), "<code>&#x2e;&#x2e;/x&#x2e;yaml</code>"),
        (
            LINKS.file("a](x).yaml"),
            f"[<code>a&#x5d;&#x28;x&#x29;&#x2e;yaml</code>](https://github.com/acme/state/blob/{COMMIT}/clusters/a%5D%28x%29.yaml)",
        ),
        (LINKS.run, "[this run](https://github.com/acme/state/actions/runs/7)"),
        (LINKS.gh_option, " --repo acme/state"),
        (Links(repository="https://ghe.example/acme/state").gh_option, " --repo ghe.example/acme/state"),
        (Links().gh_option, ""),
        (Links().run, ""),
        (Links().commit("0123"), "<code>0123</code>"),
        (Links().file("a", 3), "<code>a</code> line 3"),
    ],
)
def test_links_lead_to_the_line_at_the_commit(link: str, markdown: str) -> None:
    assert link == markdown


def test_a_short_diff_has_the_lines_that_change_and_the_whole_is_folded() -> None:
    first = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,4 @@\n a\n--- b\n+++ c\n"
    diff = f"{first}diff --git a/y b/y\n--- a/y\n@@ -1 +1 @@\n-d\n"
    short, _, whole = diff_view.markdown(diff).partition("<details>")
    assert short == "### Change\n\n```diff\n--- b\n+++ c\n-d\n```\n\n"
    assert diff in whole
    assert " … 388 more lines" in diff_view.markdown("+a\n" * 400)


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ([], "waits for its interval: no receiver is set for it"),
        ([CallResult(status=200, detail="")], "was told at 12:20:41 UTC"),
        ([CallResult(status=None, detail="x")], "was not reached and waits for its interval: x"),
        ([CallResult(status=500, detail="x")], "reports a failure (500) and waits for its interval: x"),
        ([CallResult(status=200, detail="")] * 2, "was told at 12:20:41 UTC"),
    ],
)
def test_the_state_of_flux_is_that_of_the_clusters_of_the_commit(results: list[CallResult], words: str) -> None:
    notifications = [Notification(cluster="prod", result=result) for result in results]
    other = Notification(cluster="staging", result=CallResult(status=404, detail="no"))
    assert FluxState(notifications=(*notifications, other), when=NOW).words({"prod"}) == words


def test_a_receiver_for_all_clusters_counts_for_each() -> None:
    state = FluxState(notifications=(Notification(cluster=None, result=CallResult(status=200, detail="")),), when=NOW)
    assert state.words({"prod"}) == "was told at 12:20:41 UTC"
    assert state.is_told
    assert not FluxState().is_told


def test_one_response_is_undone_by_its_commit(plan: Plan) -> None:
    markdown = undo_help.markdown(plan.responses[:1], COMMIT, LINKS)
    assert f"gh workflow run restore.yml --repo acme/state \\\n  -f commit={COMMIT}\n" in markdown
    assert "https://github.com/acme/state/actions/workflows/restore.yml" in markdown


def test_each_response_of_a_batch_is_undone_by_a_plain_id_or_by_its_workload() -> None:
    documents = [
        sidekick.cloudevent(sidekick.falco_events()["D16"], event_id=name) for name in ("a-1", "b $(id)", "c", "c")
    ]
    checkout = Checkout.from_contents({"alpine.yaml": ALPINE})
    outcomes = [
        planner.plan_responses([event], parser.parse(RULES, name="r"), checkout).outcomes[0]
        for event in cloudevent.parse_all(documents)
    ]
    entries = undo_help.undos([outcome.response for outcome in outcomes if outcome.response], COMMIT)
    workload = ("workload", "Deployment default/alpine-deployment")
    assert [(entry.name, entry.value) for entry in entries] == [("event", "a-1"), workload, workload, workload]
    assert entries[1].command(Links()).endswith("-f 'workload=Deployment default/alpine-deployment'")


@pytest.mark.parametrize(
    ("failure", "heading"),
    [
        (BadRules([Mistake("r", 1, 1, "a")]), "❌ Nothing was done: the response rules have 1 mistake"),
        (BadRules([Mistake("r", 1, 1, "a")] * 2), "❌ Nothing was done: the response rules have 2 mistakes"),
        (BadInput("x"), "❌ Nothing was done: an input cannot be used"),
        (PushRefused("main", "GH013"), "❌ Nothing was done: the branch does not take the commit"),
        (Surprise(kind="KeyError", traceback="secret"), "❌ The action failed unexpectedly"),
    ],
)
def test_a_failure_says_first_that_nothing_was_done(failure: Any, heading: str) -> None:
    events = [event for event in hostile_events(1) if isinstance(event, Event)]
    summary = FailureReport(failure=failure, help="Try this.", events=events, links=LINKS).summary()
    assert summary.startswith(f"## {heading}\n\n> [!CAUTION]\n")
    assert "shop/web0-77789455d6-m7flp" in summary
    pasted = summary.partition("```json\n")[2].partition("\n```")[0]
    assert json.loads(pasted)[0]["data"]["output_fields"]["k8s.pod.name"] == "web0-77789455d6-m7flp"
    assert "secret" not in summary
