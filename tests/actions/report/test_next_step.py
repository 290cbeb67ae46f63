"""What a person reads first of an event that needs one: what was not done, and the next step, ready to paste."""

from pathlib import PurePosixPath
from typing import Any

import pytest

from responder.errors import (
    Ambiguous,
    EditRefused,
    NotFound,
    NotYaml,
    OverLimit,
    ProtectedWorkload,
    Refused,
    Unproved,
)
from responder.falco.event import Event
from responder.falco.priority import Priority
from responder.kubernetes.pod_names import Pod, Workload
from responder.plan.change import Change
from responder.plan.outcome import Outcome, Response, Verdict
from responder.plan.undo_record import PreviousValue
from responder.proof.standing import Proof, Standing
from responder.report.links import Links
from responder.report.outcome_view import OutcomeView
from tests.actions.report.pages import Page

RULES = ".github/falco-response.yaml"
POD = "shop/ghost-7d9c5b6f48-x2k9q"
FIELDS = {"k8s.ns.name": "shop", "k8s.pod.name": "ghost-7d9c5b6f48-x2k9q"}
LINKS = Links(repository="https://github.example/acme/state", revision="c" * 40)
CHANGE = Change(
    record=PreviousValue(file=PurePosixPath("web.yaml"), document=0, path=("spec", "replicas"), previous=2), line=7
)


def event(fields: dict[str, Any] = FIELDS) -> Event:
    return Event(id="1", source="s", rule="A shell", priority=Priority.NOTICE, cluster="prod", fields=fields)


def view(verdict: Verdict, *, dry_run: bool = False, fields: dict[str, Any] = FIELDS, **options: Any) -> OutcomeView:
    outcome = Outcome(verdict=verdict, event=event(fields), **{"reason": "so it is", **options})
    return OutcomeView(number=1, outcome=outcome, dry_run=dry_run, links=LINKS, rules=RULES)


def response(**options: Any) -> Response:
    return Response(
        event=event(),
        subject=Pod(namespace="shop", name="web-1"),
        rule="shells",
        action="stop",
        workload=Workload(kind="Deployment", namespace="shop", name="web"),
        changes=(CHANGE,),
        **options,
    )


def refused(error: Refused | None, **options: Any) -> str:
    return "\n".join(view(Verdict.REFUSED, refusal=error, **options).alerts())


@pytest.mark.parametrize(
    ("error", "texts"),
    [
        pytest.param(
            NotFound(POD, settle=["`workloads: [{pod: ghost*}]`"]),
            ["write this line into", "```yaml\n> workloads: [{pod: ghost*}]\n> ```", RULES.replace(".", "&#x2e;")],
            id="one line settles it",
        ),
        pytest.param(
            Ambiguous(POD, ["a", "b"], settle=["`a: 1`", "`b: 2`"]),
            ["write one of these lines", "a: 1\n> b: 2"],
            id="one of two lines settles it",
        ),
        pytest.param(
            NotFound(POD),
            ["kubectl -n shop get pod ghost-7d9c5b6f48-x2k9q -o jsonpath='{.metadata.ownerReferences}'"],
            id="nobody knows",
        ),
        pytest.param(ProtectedWorkload("x"), ["decide by hand", "`protect`"], id="protected"),
        pytest.param(OverLimit("x"), ["look what is going on", "`limits`"], id="over the limit"),
        pytest.param(EditRefused("alias", "x"), ["mend the file"], id="an edit"),
        pytest.param(NotYaml("x", line=1), ["mend the file"], id="a file"),
        pytest.param(Unproved("x", diff=""), ["a commit of your own"], id="no proof"),
    ],
)
def test_a_refusal_has_the_line_to_paste_or_the_command_to_run(error: Refused, texts: list[str]) -> None:
    alert = refused(error)
    assert alert.startswith("> [!CAUTION]\n> **Nothing was done.** So it is.\n>\n> **Next:** ")
    assert [text for text in texts if text not in alert] == []


def test_no_command_has_a_name_that_kubernetes_would_not_accept() -> None:
    hostile = {**FIELDS, "k8s.pod.name": "x; rm -rf /"}
    assert "kubectl" not in refused(NotFound("x"), fields=hostile)


def test_an_event_of_the_node_leads_to_the_node() -> None:
    assert "look at the node" in refused(None, fields={})


@pytest.mark.parametrize(
    ("verdict", "kind", "text"),
    [
        (Verdict.COMMITTED, "CAUTION", "The workload still runs. So it is."),
        (Verdict.ASSUMED, "WARNING", "See whether the pod is gone."),
        (Verdict.PROPOSED, "IMPORTANT", "The workload still runs. Merge the pull request to contain it"),
    ],
)
def test_what_is_not_surely_contained_needs_a_person(verdict: Verdict, kind: str, text: str) -> None:
    (alert,) = view(verdict, response=response(), pull_request="https://github.example/pull/7").alerts()
    assert alert.startswith(f"> [!{kind}]\n")
    assert text in Page(alert).text


@pytest.mark.parametrize("verdict", [Verdict.CONTAINED, Verdict.DRY_RUN, Verdict.IN_PLACE, Verdict.IGNORED])
def test_what_needs_nobody_has_no_alert(verdict: Verdict) -> None:
    assert list(view(verdict, response=response()).alerts()) == []
    assert list(view(Verdict.PROPOSED, dry_run=True, response=response()).alerts()) == []


def test_each_warning_is_an_alert() -> None:
    assert list(view(Verdict.CONTAINED, response=response(warnings=("a", "b"))).alerts()) == [
        "> [!WARNING]\n> a",
        "> [!WARNING]\n> b",
    ]


def test_a_line_is_linked_only_where_a_commit_has_it() -> None:
    line = f"[<code>web&#x2e;yaml</code> line 7](https://github.example/acme/state/blob/{'c' * 40}/web.yaml#L7)"
    assert view(Verdict.CONTAINED, response=response()).sources[0] == line
    assert view(Verdict.PROPOSED, response=response()).sources[0] == line.replace(" line 7", "").replace("#L7", "")
    assert "#L7" not in view(Verdict.CONTAINED, dry_run=True, response=response()).sources[0]


def test_the_response_rule_is_linked_unless_it_is_built_in() -> None:
    address = f"https://github.example/acme/state/blob/{'c' * 40}/{RULES}"
    assert f"({address}#L3)" in view(Verdict.CONTAINED, response=response(rule_line=3)).sources[-1]
    assert view(Verdict.CONTAINED, response=response()).sources[-1] == "response rule <code>shells</code>"


@pytest.mark.parametrize(
    ("standing", "line"),
    [
        (Standing.PROVED, "✅ Rendered, proved: so."),
        (Standing.ASSUMED, "❔ Rendered, assumed: so."),
        (Standing.NOT_BUILT, "🚧 Rendered, not built: so."),
        (Standing.NOT_POSSIBLE, "⚪ Rendered, not possible: so."),
    ],
)
def test_the_proof_is_a_line_with_the_difference_folded(standing: Standing, line: str) -> None:
    proof = Proof(standing=standing, reason="so", diff="-a\n+b")
    first, _, folded = view(Verdict.CONTAINED, response=response(proof=proof)).proof.partition("\n\n")
    assert first == line
    assert folded.startswith("<details><summary>What the cluster gets</summary>\n\n```diff\n-a\n+b\n```")


def test_falcos_text_is_not_cut_before_the_pod_and_the_namespace() -> None:
    output = f"{'x' * 3000} k8s_pod_name=ghost-7d9c5b6f48-x2k9q k8s_ns_name=shop{'y' * 3000}"
    outcome = Outcome(
        verdict=Verdict.REFUSED,
        reason="",
        event=Event(id="1", source="s", rule="r", priority=Priority.NOTICE, output=output, fields=FIELDS),
    )
    table = OutcomeView(number=1, outcome=outcome, dry_run=False, links=LINKS, rules=RULES).event_table
    text = Page(table).text
    assert "k8s_pod_name=ghost-7d9c5b6f48-x2k9q k8s_ns_name=shop" in text
    assert "yyyy" not in text
