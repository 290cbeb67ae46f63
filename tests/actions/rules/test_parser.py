"""Response rules as people write them, and what they mean."""

import json
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema
import pytest
import yaml

from responder.kubernetes.pod_names import Pod, Workload
from responder.rules import parser
from responder.rules.actions import Annotate, Isolate, Label, PatchManifest, Remove, Scale, Stop
from responder.rules.model import (
    Assignment,
    Cluster,
    IssueSettings,
    Limits,
    LimitUnit,
    Mode,
    OverLimitAction,
    ReceiverAddress,
    Rules,
    WebhookSettings,
    WebhookType,
)
from tests.actions.rules.rulesfile import DATA, load, matching, responding

SCHEMA = Path(parser.__file__).parents[1] / "schema" / "rules.json"
EVERYTHING = parser.parse((DATA / "everything.yaml").read_bytes(), name="everything.yaml")
FIELD = "version: 1\nrules:\n- name: a\n  respond: [stop]\n  match:\n    output_fields:\n      %s: %s\n"


def workload(text: str) -> Workload:
    kind, namespace, name = text.replace("/", " ").split()
    return Workload(kind=kind, namespace=namespace, name=name)


def protection_of(ruleset: Rules, name: str) -> str | None:
    protection = ruleset.protection_of(workload(name))
    return str(protection) if protection else None


def test_without_a_file_a_terminal_shell_stops_the_workload() -> None:
    built_in = parser.built_in(name="rules.yaml")
    [rule] = built_in.rules
    assert built_in.built_in
    assert rule.criteria.rules is not None
    assert rule.criteria.rules.globs == ("Terminal shell in container",)
    assert rule.actions == (Stop(),)
    assert not EVERYTHING.built_in


def test_everything_that_can_be_written_is_read() -> None:
    look, contain = EVERYTHING.rules
    assert (look.name, look.continues, look.mode, look.line) == ("look closer", True, Mode.DRY_RUN, 27)
    assert (contain.name, contain.continues, contain.mode, contain.line) == ("contain", False, Mode.PULL_REQUEST, 49)
    assert look.description == "A shell in front of people's money"
    assert look.actions == (
        Label({"quarantine": "true"}),
        Annotate({"example.com/why": "shell, seen by Falco"}, on_pods=True),
    )
    assert contain.actions == (
        Stop(),
        Scale(1),
        Isolate(dns=True, namespaces=("monitoring",)),
        PatchManifest(({"op": "replace", "path": "/spec/paused", "value": True},)),
        Remove(),
    )
    assert str(look.criteria.tags) == "all of container and any of shell, T1059 and none of test"
    assert [str(bound) for bound in look.criteria.priority] == [">=Notice", "=Debug"]
    assert {name: str(condition) for name, condition in look.criteria.output_fields.items()} == {
        "proc.name": "sh or bash or glob z*",
        "proc.cmdline": r"regex .*\bcurl\b.* and not glob *localhost*",
        "proc.tty": "not 0",
        "user.name": "root",
        "container.image.tag": "1.10",
        "thread.ismain": "true",
        "k8s.sa.name": "no value",
    }
    receiver = ReceiverAddress(url="https://flux.prod.example/hook/abc", type="generic-oidc", audience="flux")
    assert EVERYTHING.clusters == {
        "prod": Cluster(path=PurePosixPath("clusters/prod"), receiver=receiver),
        "staging": Cluster(path=PurePosixPath("clusters/staging")),
    }
    assert EVERYTHING.limits == Limits(
        responses_per_hour=5,
        per=LimitUnit.NAMESPACE,
        over_limit=OverLimitAction.PULL_REQUEST,
        workloads_per_event=2,
        contained_days=7,
    )
    assert len(EVERYTHING.review) == 1
    assert EVERYTHING.webhooks == (
        WebhookSettings(name="security", type=WebhookType.SLACK),
        WebhookSettings(name="audit", type=WebhookType.GENERIC),
    )
    assert EVERYTHING.issues == IssueSettings(labels=("security",), assignees=("alice",))
    assert EVERYTHING.rules[1].assignees == ("bob",)


def test_numbers_in_a_patch_are_plain_numbers() -> None:
    [action] = load(responding("{patch: [{op: add, path: /spec/a, value: [1, 1.5]}]}")).rules[0].actions
    assert isinstance(action, PatchManifest)
    assert [type(number) for number in action.operations[0]["value"]] == [int, float]


@pytest.mark.parametrize(
    ("entry", "action"),
    [
        pytest.param("stop", Stop(), id="stop"),
        pytest.param("{stop: {}}", Stop(), id="stop as a mapping"),
        pytest.param("isolate", Isolate(), id="isolate"),
        pytest.param("{isolate: {}}", Isolate(), id="isolate as a mapping"),
        pytest.param("{isolate: {allow: {dns: true}}}", Isolate(dns=True), id="isolate but for names"),
        pytest.param("{scale: {replicas: 0}}", Scale(0), id="scale to none"),
        pytest.param("{label: {set: {a: ''}, target: workload}}", Label({"a": ""}), id="empty label"),
        pytest.param("{label: {set: {a: b}, target: pods}}", Label({"a": "b"}, on_pods=True), id="label pods"),
        pytest.param("{annotate: {set: {a: 'b c'}}}", Annotate({"a": "b c"}), id="annotate"),
        pytest.param("remove", Remove(), id="remove"),
    ],
)
def test_responses_are_read_with_their_parameters(entry: str, action: object) -> None:
    assert load(responding(entry)).rules[0].actions == (action,)


@pytest.mark.parametrize(
    ("name", "protection"),
    [
        pytest.param("Deployment kube-system/coredns", "namespace kube-system", id="cluster"),
        pytest.param("Deployment flux-system/source-controller", "namespace flux-system", id="Flux"),
        pytest.param("DaemonSet falco/falco", "namespace falco", id="Falco"),
        pytest.param("Deployment falco-dispatch/relay", "namespace falco-dispatch", id="the relay"),
        pytest.param("Deployment monitoring/grafana", "namespace monitoring", id="namespace of the rules"),
        pytest.param("Deployment istio-system/istiod", "namespace *-system", id="glob for namespaces"),
        pytest.param("StatefulSet payments/ledger", "StatefulSet payments/ledger", id="workload"),
        pytest.param("Deployment payments/ledger", None, id="another kind"),
        pytest.param("StatefulSet payments/ledger-2", None, id="another name"),
        pytest.param("StatefulSet shop/ledger", None, id="another namespace"),
        pytest.param("StatefulSet any/vault-0", "workload */vault-*", id="glob for names"),
        pytest.param("Deployment falco-test/web", None, id="a name that only begins so"),
    ],
)
def test_what_is_protected(name: str, protection: str | None) -> None:
    assert protection_of(EVERYTHING, name) == protection


@pytest.mark.parametrize("namespace", parser.ALWAYS_PROTECTED)
def test_no_rules_are_withoutprotection_of(namespace: str) -> None:
    for ruleset in (parser.built_in(name=""), load(responding("stop")), EVERYTHING):
        assert protection_of(ruleset, f"Deployment {namespace}/any") == f"namespace {namespace}"


@pytest.mark.parametrize(
    ("pod", "cluster", "file"),
    [
        pytest.param("payments/ledger-0", "prod", "apps/ledger/release.yaml", id="the first that fits"),
        pytest.param("payments/ledger-0", "staging", "apps/ledger/base.yaml", id="another cluster"),
        pytest.param("payments/ledger-0", None, "apps/ledger/base.yaml", id="no cluster"),
        pytest.param("shop/ledger-0", "prod", "apps/ledger/base.yaml", id="another namespace"),
        pytest.param("payments/web-0", "prod", None, id="another pod"),
    ],
)
def test_the_rules_can_say_which_workload_owns_a_pod(pod: str, cluster: str | None, file: str | None) -> None:
    namespace, name = pod.split("/")
    assignment = EVERYTHING.assignment_of(Pod(namespace=namespace, name=name), cluster=cluster)
    assert (assignment and str(assignment.file)) == file


def test_an_event_without_a_cluster_matches_only_globs_that_match_nothing() -> None:
    pod = Pod(namespace="shop", name="web-0")
    file = PurePosixPath("web.yaml")
    any_cluster = Assignment(pod="*", cluster="*", file=file, kind="Deployment", name="web")
    some_cluster = Assignment(pod="*", cluster="?*", file=file, kind="Deployment", name="web")
    assert any_cluster.covers(pod, cluster=None)
    assert not some_cluster.covers(pod, cluster=None)
    assert some_cluster.covers(pod, cluster="prod")


def test_an_assignment_names_the_workload_as_its_file_has_it() -> None:
    assert EVERYTHING.assignments[1] == Assignment(
        pod="ledger-*", file=PurePosixPath("apps/ledger/base.yaml"), kind="StatefulSet", name="ledger"
    )


@pytest.mark.parametrize(
    ("modes", "most_careful"),
    [
        pytest.param([], Mode.COMMIT, id="none"),
        pytest.param([Mode.COMMIT, Mode.PULL_REQUEST], Mode.PULL_REQUEST, id="review over commit"),
        pytest.param([Mode.DRY_RUN, Mode.PULL_REQUEST, Mode.COMMIT], Mode.DRY_RUN, id="dry run over all"),
    ],
)
def test_the_most_careful_mode_wins(modes: list[Mode], most_careful: Mode) -> None:
    assert Mode.most_careful(modes) is most_careful


@pytest.mark.parametrize(
    ("written", "text"),
    [
        pytest.param("no", "no", id="no"),
        pytest.param("on", "on", id="on"),
        pytest.param("Yes", "Yes", id="Yes"),
        pytest.param("1:30", "1:30", id="sexagesimal"),
        pytest.param("0644", "0644", id="octal"),
        pytest.param("0x10", "0x10", id="hexadecimal"),
        pytest.param("1_000", "1_000", id="underscores"),
        pytest.param("2025-01-01", "2025-01-01", id="date"),
        pytest.param("1.10", "1.10", id="version with a zero at its end"),
        pytest.param("1e3", "1e3", id="exponent"),
        pytest.param(".5", ".5", id="no digit before the point"),
        pytest.param("1764160405478445995", "1764160405478445995", id="beyond a double"),
        pytest.param("=", "=", id="YAML 1.1's default key"),
        pytest.param("a=b,c", "a=b,c", id="signs that are nothing special"),
        pytest.param("'null'", "null", id="quoted"),
        pytest.param("!!str true", "true", id="a standard tag"),
        pytest.param("|-\n        a\n        b", "a\nb", id="block"),
        pytest.param("TRUE", "true", id="truth"),
    ],
)
def test_values_mean_what_they_look_like(written: str, text: str) -> None:
    ruleset = load(FIELD % ("f", written))
    assert str(ruleset.rules[0].criteria.output_fields["f"]) == text


@pytest.mark.parametrize("key", ["no", "on", "1", "1.10", "null", "~", "ka.uri.param[command]", "="])
def test_keys_are_text_whatever_they_look_like(key: str) -> None:
    assert list(load(FIELD % (repr(key), "x")).rules[0].criteria.output_fields) == [key]
    assert list(load(FIELD % (key, "x")).rules[0].criteria.output_fields) == [key]


def test_an_alias_stands_for_what_it_names() -> None:
    text = matching("{source: &both [syscall, k8s_audit]}") + (
        "  - {name: b, match: {source: *both}, respond: [stop]}\n"
    )
    assert [rule.criteria.source for rule in load(text).rules] == [("syscall", "k8s_audit")] * 2


def test_json_is_read_too_and_a_byte_order_mark_does_no_harm() -> None:
    value = {"version": 1, "rules": [{"name": "a", "match": {"rules": ["x"]}, "respond": ["stop"]}]}
    assert parser.parse(b"\xef\xbb\xbf" + json.dumps(value).encode(), name="x").rules[0].name == "a"


def described(schema: Any, path: str = "") -> list[str]:
    """The properties of a schema that editors could say nothing about."""
    if not isinstance(schema, dict):
        return []
    bare = [
        f"{path}.{name}"
        for name, inner in schema.get("properties", {}).items()
        if not isinstance(inner, dict) or not {"description", "$ref", "enum"} & inner.keys()
    ]
    return bare + [miss for name, inner in schema.items() for miss in described(inner, f"{path}.{name}")]


def test_the_schema_is_one_and_describes_every_key() -> None:
    schema = json.loads(SCHEMA.read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    top = {name: part for name, part in schema.items() if name != "$defs"}
    assert described(top) + [miss for part in schema["$defs"].values() for miss in described(part)] == []
    jsonschema.validate(yaml.safe_load((DATA / "everything.yaml").read_bytes()), schema)


def test_the_schema_says_the_defaults_that_are_in_force() -> None:
    properties = json.loads(SCHEMA.read_bytes())["properties"]
    limits = {name: part.get("default") for name, part in properties["limits"]["properties"].items()}
    assert limits == {
        "responses-per-hour": Limits().responses_per_hour,
        "per": Limits().per,
        "over-limit": Limits().over_limit,
        "workloads-per-event": Limits().workloads_per_event,
        "contained-days": Limits().contained_days,
    }
    receiver = properties["clusters"]["additionalProperties"]["properties"]["receiver"]["properties"]
    assert receiver["audience"]["default"] == ReceiverAddress(url="", type="").audience
    assert all(namespace in properties["protect"]["description"] for namespace in parser.ALWAYS_PROTECTED)
