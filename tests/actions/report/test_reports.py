"""Reports of a check, of a restore and of proposals, the body of a pull request and annotations, with hostile texts.

Each is rendered as a browser would: text stays text, and the page has the same elements whatever the text is.
"""

from collections.abc import Callable
from pathlib import PurePosixPath

import pytest

from responder.errors import BadInput, BadRules, Mistake, ResponderError
from responder.falco.event import Event
from responder.falco.priority import Priority
from responder.github.pull_requests import PullRequest
from responder.kubernetes.pod_names import Pod, Workload
from responder.notify.notifications import Notification
from responder.notify.receiver import CallResult
from responder.plan.outcome import Outcome, Response, Verdict
from responder.plan.trailers import RecordedResponse
from responder.plan.undo import Snapshot, Undo
from responder.report import annotations, pull_request_body
from responder.report.check_report import CheckReport, Replay
from responder.report.event_table import event_table
from responder.report.failure_report import FailureReport
from responder.report.flux_state import FluxState
from responder.report.links import Links
from responder.report.proposals import Proposal
from responder.report.restore_report import RestoreReport
from responder.report.sentence import sentence
from responder.rules import parser
from tests.actions.report.pages import HOSTILE, MARKDOWN, Page

PULL = PullRequest(number=7, url="https://github.example/pull/7", branch="b", body="", is_open=True)
DIFF = "-  replicas: 2\n+  replicas: 0\n"


def event(text: str = "a rule", *, number: int = 1) -> Event:
    return Event(
        id=f"{text}-{number}",
        source=text,
        rule=text,
        priority=Priority.NOTICE,
        cluster=text,
        time=text,
        tags=(text,),
        hostname=text,
        output=text,
        fields={text: text},
        coalesced=2,
    )


def response(text: str = "a rule", *, workload: Workload | None = None, cluster: str = "") -> Response:
    return Response(
        event=event(text),
        subject=Pod(namespace="default", name="web-1"),
        rule=text,
        action="stop",
        workload=workload or Workload(kind="Deployment", namespace="default", name="web"),
        cluster=cluster,
        changes=(),
        warnings=(text,),
    )


def outcome(text: str = "a rule", verdict: Verdict = Verdict.CONTAINED, *, number: int = 1) -> Outcome:
    return Outcome(verdict=verdict, reason=text, event=event(text, number=number), response=response(text))


def undo(text: str, *, files: bool = True, cluster: str = "") -> Undo:
    def read(_: PurePosixPath) -> bytes | None:
        return None

    recorded = RecordedResponse(rule=text, event_id=text, event_source=text, response=text, cluster=cluster)
    snapshot = Snapshot(sha="0" * 40, read_before=read, read_after=read, responses=(recorded,))
    return Undo(snapshot=snapshot, responses=(recorded,), files={PurePosixPath("a.yaml"): b"a"} if files else {})


def check_report(text: str) -> CheckReport:
    replays = [Replay(name=text, outcome=outcome(text), rules=(text,))]
    return CheckReport(ruleset=parser.built_in(name=text), replays=replays, problems=[text])


def failure_report(failure: ResponderError, text: str) -> str:
    return FailureReport(failure=failure, events=[event(text)], links=Links()).summary()


def proposal(text: str) -> Proposal:
    workload = Workload(kind="Deployment", namespace="default", name=text)
    return Proposal(response=response(workload=workload), pull=PULL, diff=f"+  name: {text}\n")


REPORTS = [
    pytest.param(lambda text: event_table(event(text)), id="event table"),
    pytest.param(lambda text: pull_request_body.body([outcome(text)], DIFF), id="pull request"),
    pytest.param(lambda text: str(proposal(text)), id="proposal"),
    pytest.param(lambda text: RestoreReport(undo=undo(text), diff=DIFF, commit="1").summary(), id="restore"),
    pytest.param(lambda text: check_report(text).summary(), id="check"),
    pytest.param(lambda text: failure_report(BadRules([Mistake(text, 1, 1, text, text)]), text), id="mistakes"),
    pytest.param(lambda text: failure_report(BadInput(text), text), id="failure"),
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("render", REPORTS)
def test_nothing_hostile_becomes_markup(render: Callable[[str], str], text: str) -> None:
    plain, hostile = Page(render("plain")), Page(render(text))
    assert hostile.elements == plain.elements
    assert hostile.links == plain.links
    assert hostile.attributes <= {"href", "class"}


@pytest.mark.parametrize("render", REPORTS)
def test_a_person_can_read_what_the_text_is(render: Callable[[str], str]) -> None:
    assert "a | <b>`x`</b> @me" in Page(render("a | <b>`x`</b> @me")).text


def test_an_event_table_has_at_most_twenty_fields_and_none_without_a_value() -> None:
    fields = {f"field-{number}": number for number in range(30)}
    many = Event(id="1", source="s", rule="r", priority=Priority.ERROR, fields={"none": None, "na": "<NA>", **fields})
    text = Page(event_table(many)).text
    assert "field-19" in text
    assert "field-20" not in text
    assert "none" not in text
    assert "cluster" not in text


@pytest.mark.parametrize(
    ("files", "commit", "verdict"),
    [
        pytest.param(True, "0123", "restored", id="a commit"),
        pytest.param(True, None, "would be restored", id="a dry run"),
        pytest.param(False, None, "restored already", id="nothing to do"),
    ],
)
def test_a_restore_says_what_became_of_the_response(files: bool, commit: str | None, verdict: str) -> None:
    report = RestoreReport(undo=undo("stop Deployment default/web", files=files), commit=commit)
    assert report.verdict == verdict
    assert f"<td>{verdict}</td>\n<td><code>stop Deployment default/web</code></td>" in MARKDOWN.render(report.summary())


def test_a_restore_says_what_flux_knows() -> None:
    notification = Notification(cluster="prod", result=CallResult(status=None, detail="<b>down"))
    flux = FluxState(notifications=(notification,))
    summary = RestoreReport(undo=undo("x", cluster="prod"), commit="1", flux=flux).summary()
    assert "Flux was not reached and waits for its interval: %3Cb>down" in Page(summary).text


def test_a_check_without_problems_says_that_the_rules_hold() -> None:
    report = CheckReport(ruleset=parser.built_in(name="rules"), replays=[], problems=[])
    assert "they hold" in report.summary()
    assert report.plan() == "[]"


def test_a_proposal_without_a_diff_says_that_the_pull_request_has_it() -> None:
    text = Page(str(Proposal(response=response(), pull=PULL, diff=""))).text
    assert text == "pull request #7: stop Deployment default/web in a rule, which it has already"


def test_a_body_names_each_event_once_and_keeps_what_people_wrote() -> None:
    first = pull_request_body.body([outcome(number=1)], DIFF)
    edited = first.replace("Merge this", "Please review. Merge this")
    second = pull_request_body.body([outcome(number=1), outcome(number=2)], DIFF, existing=edited)
    assert second.startswith("Please review. Merge this")
    assert [second.count(f"a rule-{number} from") for number in (1, 2)] == [1, 1]
    assert pull_request_body.body([outcome(number=2)], DIFF, existing=second) == second


def test_a_body_leaves_out_what_github_would_not_take() -> None:
    long = Outcome(verdict=Verdict.CONTAINED, reason="x", event=event(), response=response("w" * 400))
    full = "x" * (pull_request_body.BODY_LIMIT - 200)
    assert len(pull_request_body.body([long], DIFF * 5000, existing=full)) <= pull_request_body.BODY_LIMIT
    assert len(pull_request_body.body([long], DIFF * 5000)) <= pull_request_body.BODY_LIMIT


def test_a_long_diff_is_cut_and_says_so() -> None:
    body = pull_request_body.body([outcome()], DIFF * 5000)
    assert "… the rest is left out" in body
    assert body.count("replicas: 0") < 1000


@pytest.mark.parametrize(
    ("workload", "cluster"),
    [
        pytest.param(Workload(kind="Deployment", namespace="a-b", name="c"), "prod", id="a hyphen moved"),
        pytest.param(Workload(kind="Deployment", namespace="a", name="b-c"), "dev", id="another cluster"),
        pytest.param(Workload(kind="StatefulSet", namespace="a", name="b-c"), "prod", id="another kind"),
    ],
)
def test_workloads_whose_names_are_alike_have_branches_of_their_own(workload: Workload, cluster: str) -> None:
    base = response(workload=Workload(kind="Deployment", namespace="a", name="b-c"), cluster="prod")
    assert pull_request_body.branch(response(workload=workload, cluster=cluster)) != pull_request_body.branch(base)


def test_a_branch_has_a_number_from_the_second_on() -> None:
    first = pull_request_body.branch(response())
    assert first.startswith("falco-dispatch/deployment-default-web-")
    assert pull_request_body.branch(response(), 2) == f"{first}-2"
    long = Workload(kind="Deployment", namespace="a", name="n" * 253)
    assert len(pull_request_body.branch(response(workload=long))) < 160


@pytest.mark.parametrize(
    ("verdict", "level"),
    [
        (
            verdict,
            "error"
            if verdict in (Verdict.COMMITTED, Verdict.STILL_RUNNING, Verdict.REFUSED, Verdict.INVALID)
            else "notice",
        )
        for verdict in Verdict
    ],
)
def test_each_outcome_is_an_annotation_of_its_level_and_each_warning_one_more(verdict: Verdict, level: str) -> None:
    first, warning = annotations.of_outcomes([outcome("a\nb", verdict)])
    assert first.level == level
    assert first.message == f"{sentence(outcome('a', verdict), dry_run=False, show=str)}: a\\nb".replace(
        " in a", " in a\\nb"
    )
    assert (warning.level, warning.message) == ("warning", "a\\nb")


def test_only_receivers_that_were_not_reached_are_annotated() -> None:
    results = [CallResult(status=200, detail=""), CallResult(status=404, detail="no path\n::error::x")]
    notifications = [Notification(cluster=None, result=result) for result in results]
    (warning,) = annotations.of_notifications(notifications)
    assert warning.level == "warning"
    assert r"no path\n:%3Aerror::x" in warning.message


@pytest.mark.parametrize("verdict", Verdict)
def test_a_dry_run_says_what_would_happen_in_annotations_too(verdict: Verdict) -> None:
    first, _ = annotations.of_outcomes([outcome("a", verdict)], dry_run=True)
    is_act = verdict in ("contained", "assumed", "committed", "proposed", "shown")
    assert first.message.startswith("Would ") is is_act
