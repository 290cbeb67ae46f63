"""Which events a rule matches, and why."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from responder.errors import BadEvent, BadRules
from responder.falco.event import Event
from responder.rules import matching, parser
from tests import sidekick
from tests.actions.rules.matching import PROD, SHELL, load, matches, parse, row, rule


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        # The name of Falco's rule
        row("{rules: [Terminal shell in container]}", True),
        row("{rules: [terminal shell in container]}", False),
        row("{rules: [Terminal shell]}", False),
        row("{rules: [Write below etc, Terminal shell in container]}", True),
        row("{rules: [Write below etc]}", False),
        row('{rules: ["*"]}', True),
        row('{rules: ["Terminal*"]}', True),
        row('{rules: ["*shell*"]}', True),
        row('{rules: ["*shell"]}', False),
        row('{rules: ["Terminal ????? in container"]}', True),
        row('{rules: ["Terminal ???? in container"]}', False),
        row('{rules: ["[T]erminal*"]}', False),
        row('{rules: ["Terminal shell in container."]}', False),
        row('{rules: ["!Write below etc"]}', True),
        row('{rules: ["*", "!*shell*"]}', False),
        row('{rules: ["!*shell*", "*"]}', False),
        # Its priority, in Falco's order
        row("{priority: Warning}", True),
        row("{priority: =Warning}", True),
        row("{priority: warning}", True),
        row("{priority: Notice}", False),
        row('{priority: ">=Notice"}', True),
        row('{priority: ">=Warning"}', True),
        row('{priority: ">= Warning"}', True),
        row('{priority: ">=Error"}', False),
        row('{priority: ">Warning"}', False),
        row('{priority: ">Notice"}', True),
        row('{priority: "<=Warning"}', True),
        row('{priority: "<Warning"}', False),
        row('{priority: "<Emergency"}', True),
        row('{priority: ">=INFO"}', True),
        row('{priority: [Debug, ">=Error", Warning]}', True),
        row('{priority: [Debug, ">=Error"]}', False),
        # Its source
        row("{source: syscall}", True),
        row("{source: k8s_audit}", False),
        row("{source: sys}", False),
        row("{source: [k8s_audit, syscall]}", True),
        row("{source: [k8s_audit, aws_cloudtrail]}", False),
        # Its tags
        row("{tags: [shell]}", True),
        row("{tags: [network, shell]}", True),
        row("{tags: [network]}", False),
        row("{tags: [Shell]}", False),
        row("{tags: {all: [shell, container]}}", True),
        row("{tags: {all: [shell, network]}}", False),
        row("{tags: {any: [shell, network]}}", True),
        row("{tags: {any: [host, network]}}", False),
        row("{tags: {none: [host]}}", True),
        row("{tags: {none: [host, shell]}}", False),
        row("{tags: {all: [shell], none: [host]}}", True),
        row("{tags: {all: [shell], any: [network, host]}}", False),
        row("{tags: {any: [T1059], none: [container]}}", False),
        # The pod's namespace
        row("{namespaces: [shop]}", True),
        row("{namespaces: [sho]}", False),
        row("{namespaces: [bank, shop]}", True),
        row('{namespaces: ["*"]}', True),
        row('{namespaces: ["s*"]}', True),
        row('{namespaces: ["?hop"]}', True),
        row('{namespaces: ["!shop"]}', False),
        row('{namespaces: ["!kube-*"]}', True),
        row('{namespaces: ["*", "!sh*"]}', False),
        row('{namespaces: ["!sh*", shop]}', False),
        row('{namespaces: [bank, "!kube-*"]}', False),
        # The cluster
        row("{clusters: [prod]}", True),
        row('{clusters: ["prod*"]}', True),
        row("{clusters: [staging]}", False),
        row('{clusters: ["!prod"]}', False),
        row('{clusters: ["!staging"]}', True),
        # Falco's fields, whose conditions have a table of their own
        row("{output_fields: {proc.name: sh}}", True),
        row("{output_fields: {proc.name: sh, user.uid: 0}}", True),
        row("{output_fields: {proc.name: sh, user.uid: 1}}", False),
        row("{output_fields: {'ka.uri.param[command]': cat}}", True),
        row("{output_fields: {absent: {exists: false}}}", True),
        row("{output_fields: {proc.pname: {exists: false}}}", True),
        row("{output_fields: {proc.sid: {exists: true}}}", False),
        row("{output_fields: {evt.arg.flags: {exists: true}}}", False),
        row("{output_fields: {absent: {not: bash}}}", False),
        row("{output_fields: {proc.pname: {not: bash}}}", False),
        row("{output_fields: {evt.arg.flags: {not: bash}}}", False),
        # several at once
        row('{rules: ["*shell*"], priority: ">=Notice", namespaces: ["*"], output_fields: {proc.name: [sh]}}', True),
        row('{rules: ["*shell*"], priority: ">=Error", namespaces: ["*"], output_fields: {proc.name: [sh]}}', False),
        row('{rules: ["*shell*"], priority: ">=Notice", namespaces: ["!*"], output_fields: {proc.name: [sh]}}', False),
        row('{rules: ["*shell*"], clusters: [prod], tags: [shell], source: syscall}', True),
    ],
)
def test_whether_a_rule_matches_a_shell_in_a_container(criteria: str, expected: bool) -> None:
    assert matches(criteria, PROD) is expected


ANY, NONE = '{rules: ["*"]}', "{rules: [x]}"
NOTHING = parse({"rule": "x", "priority": "Debug", "output_fields": None})
HOST = parse(sidekick.falco_events()["D17"])
OLD = parse(sidekick.falco_events()["E02"])
AUDIT = parse(sidekick.falco_events()["E09"])


@pytest.mark.parametrize(
    ("event", "criteria", "expected"),
    [
        pytest.param(OLD, "{source: syscall}", False, id="Falco before 0.30 tells no source"),
        pytest.param(OLD, "{rules: [Terminal shell in container]}", True, id="but its rule"),
        pytest.param(OLD, "{tags: [shell]}", False, id="nor tags"),
        pytest.param(OLD, "{tags: {none: [shell]}}", True, id="so none are there"),
        pytest.param(OLD, '{clusters: ["*"]}', False, id="no cluster is none of them"),
        pytest.param(OLD, '{clusters: ["!prod"]}', False, id="nor another than those"),
        pytest.param(HOST, '{namespaces: ["*"]}', False, id="the host is in no namespace"),
        pytest.param(HOST, '{namespaces: ["!kube-system"]}', False, id="nor outside of one"),
        pytest.param(HOST, "{output_fields: {container.id: host}}", True, id="the host is known by its container"),
        pytest.param(HOST, "{output_fields: {container.id: {not: host}}}", False, id="and kept out by it"),
        pytest.param(AUDIT, "{namespaces: [hello-app]}", True, id="the audit log has namespaces"),
        pytest.param(AUDIT, "{source: k8s_audit, output_fields: {ka.target.subresource: exec}}", True, id="and fields"),
        pytest.param(NOTHING, '{rules: ["*"]}', True, id="every event has a rule"),
        pytest.param(NOTHING, "{priority: Debug}", True, id="and a priority"),
        pytest.param(NOTHING, "{source: syscall}", False, id="source of nothing"),
        pytest.param(NOTHING, "{tags: [shell]}", False, id="tags of nothing"),
        pytest.param(NOTHING, '{output_fields: {a: {glob: "*"}}}', False, id="glob for nothing"),
        pytest.param(NOTHING, '{output_fields: {a: {regex: ".*"}}}', False, id="regex for nothing"),
        pytest.param(NOTHING, '{output_fields: {a: ""}}', False, id="empty text is nothing too"),
    ],
)
def test_a_missing_value_fulfils_no_criterion(event: Event, criteria: str, expected: bool) -> None:
    assert matches(criteria, event) is expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["glob", "regex", "not", "exists", "other"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["proc.name", "proc.tty"]), json_values, min_size=1))
def test_every_condition_is_a_mistake_or_can_fail(fields: dict[str, Any]) -> None:
    """A condition never becomes always true: without fields it is fulfilled only where it asks for their absence."""
    written = yaml.safe_dump({"output_fields": fields}, default_flow_style=True, allow_unicode=True)
    try:
        ruleset = load(rule("a", written.strip().replace("\n", " ")))
    except BadRules:
        return
    asks_for_absence = all("exists" in repr(condition) for condition in fields.values())
    assert asks_for_absence or not matching.match(NOTHING, ruleset.rules[0])


@pytest.mark.parametrize("broken", ["{}", "{rules: []}", "{rule: [x]}", "{priority: Notise}", "{tags: {al: [x]}}"])
def test_one_broken_rule_disables_all_rules(broken: str) -> None:
    with pytest.raises(BadRules):
        load(rule("good", '{rules: ["*"]}'), rule("broken", broken))


@pytest.mark.parametrize(
    ("criteria", "reason"),
    [
        pytest.param(
            '{rules: ["*shell*"], priority: ">=Notice"}',
            "rule Terminal shell in container (wanted *shell*); priority Warning (wanted >=Notice)",
            id="all that matched",
        ),
        pytest.param(
            '{priority: [Debug, ">=Error"], source: x}',
            "priority Warning, but wanted =Debug or >=Error",
            id="the first that did not",
        ),
        pytest.param("{tags: {none: [shell]}}", "tags T1059, container, shell, but wanted none of shell", id="tags"),
        pytest.param("{output_fields: {absent: {not: x}}}", "no absent, but wanted not x", id="absent field"),
        pytest.param("{output_fields: {user.uid: [1, {glob: 2*}]}}", "user.uid 0, but wanted 1 or glob 2*", id="field"),
    ],
)
def test_a_reason_says_which_criterion_decided(criteria: str, reason: str) -> None:
    [parsed_rule] = load(rule("a", criteria)).rules
    assert str(matching.match(PROD, parsed_rule)) == reason


def test_attacker_text_is_bounded_and_escaped_in_reasons() -> None:
    hostile = parse({**SHELL, "rule": "::error::\n\u202e", "output_fields": {"proc.name": "\x1b[2J" * 5000}})
    for criteria in (ANY, NONE, "{output_fields: {proc.name: x}}", "{output_fields: {proc.name: {not: x}}}"):
        text = matching.match(hostile, load(rule("a", criteria)).rules[0]).reason
        assert text.isprintable()
        assert len(text) < 300


@pytest.mark.parametrize(("namespace", "matches"), [("shop", True), ("other", False)])
def test_the_namespace_of_a_workload_that_an_event_is_about_is_matched(namespace: str, matches: bool) -> None:
    fields = {"ka.target.resource": "deployments", "ka.target.namespace": namespace, "ka.target.name": "web"}
    audited = parse({**SHELL, "output_fields": fields})
    assert bool(matching.decide(audited, load(rule("a", "{namespaces: [shop]}")))) is matches


def test_an_impossible_pod_is_an_error_and_not_a_mismatch() -> None:
    hostile = parse({**SHELL, "output_fields": {"k8s.ns.name": "../..", "k8s.pod.name": "x"}})
    with pytest.raises(BadEvent):
        matching.decide(hostile, load(rule("a", '{namespaces: ["*"]}')))


@pytest.mark.parametrize("name", sidekick.falco_events())
def test_the_built_in_rule_matches_terminal_shells_only(name: str) -> None:
    decisions = matching.decide(parse(sidekick.falco_events()[name]), parser.built_in(name=""))
    assert bool(decisions) is (name in {"E01", "E02", "E06", "D16", "D18"})
