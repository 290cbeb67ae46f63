"""Which events a rule matches, and which rules are followed."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from responder import event, match, rules
from responder.errors import BadEvent, BadRules
from responder.event import Event
from responder.rules import Mode, Rules
from tests import sidekick

SHELL: dict[str, Any] = {
    "rule": "Terminal shell in container",
    "priority": "Warning",
    "source": "syscall",
    "tags": ["T1059", "container", "shell"],
    "output": "12:33:25.478445995: Warning A shell was spawned",
    "output_fields": {
        "container.id": "788861c3cf83",
        "container.image.repository": "docker.io/library/alpine",
        "container.image.tag": "1.10",
        "evt.arg.flags": "<NA>",
        "evt.time": 1764160405478445995,
        "falco.evts_rate_sec": 1846.5,
        "fd.name": "/etc/shadow\n",
        "k8s.ns.name": "shop",
        "k8s.pod.name": "web-0",
        "ka.req.pod.containers.image": ["nginx:1.27", "busybox"],
        "ka.uri.param[command]": "cat",
        "proc.cmdline": "sh -c curl --proto=https,http x=1 | tee [out] *",
        "proc.exepath": "C:\\sh",
        "proc.name": "sh",
        "proc.pname": None,
        "proc.sid": "",
        "proc.tty": 34816,
        "thread.ismain": True,
        "templated": "true",
        "templated.number": "34816",
        "user.loginuid": -1,
        "user.name": "no",
        "user.uid": 0,
        "user.home": "$HOME/${USER}",
    },
}


def parse(falco: Mapping[str, Any] = SHELL, **extensions: str) -> Event:
    return event.parse(sidekick.cloudevent({"time": "2025-11-26T12:33:25Z", **falco}, event_id="1", **extensions))


def rule(name: str, criteria: str, more: str = "") -> str:
    return f"- {{name: {name}, match: {criteria}, respond: [stop]{more}}}\n"


def load(*written: str, more: str = "") -> Rules:
    return rules.load(f"version: 1\n{more}\nrules:\n{''.join(written)}".encode(), name="rules.yaml")


def matches(criteria: str, found: Event) -> bool:
    return bool(match.match(found, load(rule("a", criteria)).rules[0]))


PROD = parse(cluster="prod")


def row(criteria: str, expected: bool) -> Any:
    return pytest.param(criteria, expected, id=f"{criteria} {'is' if expected else 'is not'}")


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
    assert match.decide(parse({**SHELL, "output": output}), ruleset) == match.decide(parse(), ruleset)


NOTHING = parse({"rule": "x", "priority": "Debug", "output_fields": None})
HOST = parse(sidekick.falco_events()["D17"])
OLD = parse(sidekick.falco_events()["E02"])
AUDIT = parse(sidekick.falco_events()["E09"])


@pytest.mark.parametrize(
    ("found", "criteria", "expected"),
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
def test_what_an_event_does_not_say_is_not_fulfilled(found: Event, criteria: str, expected: bool) -> None:
    assert matches(criteria, found) is expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["glob", "regex", "not", "exists", "other"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["proc.name", "proc.tty"]), json_values, min_size=1))
def test_whatever_is_written_either_is_a_mistake_or_asks_for_something(fields: dict[str, Any]) -> None:
    """A condition never becomes always true: without fields it is fulfilled only where it asks for their absence."""
    written = yaml.safe_dump({"output_fields": fields}, default_flow_style=True, allow_unicode=True)
    try:
        ruleset = load(rule("a", written.strip().replace("\n", " ")))
    except BadRules:
        return
    asks_for_absence = all("exists" in repr(condition) for condition in fields.values())
    assert asks_for_absence or not match.match(NOTHING, ruleset.rules[0])


@pytest.mark.parametrize("broken", ["{}", "{rules: []}", "{rule: [x]}", "{priority: Notise}", "{tags: {al: [x]}}"])
def test_one_broken_rule_lets_no_rule_act(broken: str) -> None:
    with pytest.raises(BadRules):
        load(rule("good", '{rules: ["*"]}'), rule("broken", broken))


def followed(*written: str, more: str = "") -> dict[str, Mode]:
    return {decision.rule.name: decision.mode for decision in match.decide(PROD, load(*written, more=more))}


ANY, NONE = '{rules: ["*"]}', "{rules: [x]}"


@pytest.mark.parametrize(
    ("written", "names"),
    [
        pytest.param([rule("a", ANY), rule("b", ANY)], ["a"], id="the first that matches"),
        pytest.param([rule("a", NONE), rule("b", ANY)], ["b"], id="not the first"),
        pytest.param([rule("a", NONE), rule("b", NONE)], [], id="none"),
        pytest.param([rule("a", ANY, ", continue: true"), rule("b", ANY)], ["a", "b"], id="goes on"),
        pytest.param([rule("a", ANY, ", continue: true"), rule("b", NONE), rule("c", ANY), rule("d", ANY)], ["a", "c"],
                     id="goes on to the next that matches"),
        pytest.param([rule("a", NONE, ", continue: true"), rule("b", ANY), rule("c", ANY)], ["b"],
                     id="what does not match decides nothing"),
        pytest.param([rule("a", ANY, ", continue: false"), rule("b", ANY)], ["a"], id="said outright"),
    ],
)  # fmt: skip
def test_which_rules_are_followed(written: list[str], names: list[str]) -> None:
    assert list(followed(*written)) == names


@pytest.mark.parametrize(
    ("own", "review", "mode"),
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
def test_how_careful_a_response_is(own: str, review: str, mode: Mode) -> None:
    assert followed(rule("a", ANY, own), more=review) == {"a": mode}


@pytest.mark.parametrize(
    ("criteria", "reason"),
    [
        pytest.param(
            '{rules: ["*shell*"], priority: ">=Notice"}',
            "rule Terminal shell in container (wanted *shell*); priority Warning (wanted >=Notice)",
            id="all that matched",
        ),
        pytest.param(
            '{priority: [Debug, ">=Error"], source: x}', "priority Warning, but wanted =Debug or >=Error",
            id="the first that did not",
        ),
        pytest.param("{tags: {none: [shell]}}", "tags T1059, container, shell, but wanted none of shell", id="tags"),
        pytest.param("{output_fields: {absent: {not: x}}}", "no absent, but wanted not x", id="absent field"),
        pytest.param("{output_fields: {user.uid: [1, {glob: 2*}]}}", "user.uid 0, but wanted 1 or glob 2*", id="field"),
    ],
)  # fmt: skip
def test_a_person_is_told_why(criteria: str, reason: str) -> None:
    [decided] = load(rule("a", criteria)).rules
    assert str(match.match(PROD, decided)) == reason


def test_what_an_attacker_writes_is_bounded_and_escaped_in_reasons() -> None:
    hostile = parse({**SHELL, "rule": "::error::\n\u202e", "output_fields": {"proc.name": "\x1b[2J" * 5000}})
    for criteria in (ANY, NONE, "{output_fields: {proc.name: x}}", "{output_fields: {proc.name: {not: x}}}"):
        text = match.match(hostile, load(rule("a", criteria)).rules[0]).text
        assert text.isprintable()
        assert len(text) < 300


def test_a_pod_that_cannot_be_is_an_error_and_no_match() -> None:
    hostile = parse({**SHELL, "output_fields": {"k8s.ns.name": "../..", "k8s.pod.name": "x"}})
    with pytest.raises(BadEvent):
        match.decide(hostile, load(rule("a", '{namespaces: ["*"]}')))


@pytest.mark.parametrize("name", sidekick.falco_events())
def test_the_built_in_rule_takes_terminal_shells_and_nothing_else(name: str) -> None:
    decisions = match.decide(parse(sidekick.falco_events()[name]), rules.load(None, name=""))
    assert bool(decisions) is (name in {"E01", "E02", "E06", "D16", "D18"})
