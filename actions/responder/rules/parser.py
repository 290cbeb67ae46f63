"""Turns the bytes of a rules file into `Rules`. A file with any mistake gives no rules at all.

`validation` decides what a mistake is; the functions here rely on values that schema/rules.json describes.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from ..errors import BadRules, Mistake
from . import validation
from .actions import Action, Annotate, Isolate, Label, PatchManifest, Remove, Scale, Stop
from .conditions import AllOf, AnyOf, Condition, EqualTo, Exists, Glob, Not, RegexMatch, text_of
from .criteria import Bound, Criteria, NamePatterns, Tags
from .kinds import parse_kind, shipped_kinds
from .linear_regex import Regex
from .model import (
    Assignment,
    Cluster,
    IssueSettings,
    Limits,
    LimitUnit,
    Mode,
    OverLimitAction,
    Protection,
    ReceiverAddress,
    Rule,
    Rules,
    WebhookSettings,
    WebhookType,
)
from .rules_text import RulesText

LIMIT = 1024 * 1024  # bytes of a file
# A response must not stop what contains a cluster, watches it and repairs it.
ALWAYS_PROTECTED = ("kube-system", "flux-system", "falco", "falco-dispatch")
BUILT_IN = b"""\
version: 1
rules:
  - name: shell in a container
    match: {rules: [Terminal shell in container]}
    respond: [stop]
"""


def built_in(*, name: str) -> Rules:
    """Return the rules that apply if the repository has no file `name`."""
    return replace(parse(BUILT_IN, name=name), built_in=True)


def parse(data: bytes, *, name: str) -> Rules:
    """Return the rules in the content of the file `name`. Raises BadRules with every mistake in the file."""
    if len(data) > LIMIT:
        raise BadRules([Mistake(name, 1, 1, f"the file has {len(data):,} bytes; the limit is {LIMIT:,}")])
    text = RulesText(data, name=name)
    if mistakes := validation.find_mistakes(text):
        raise BadRules(mistakes)
    value = text.value
    return Rules(
        name=name,
        rules=tuple(_rule(entry, text.line(["rules", index])) for index, entry in enumerate(value["rules"])),
        clusters={cluster: _cluster(entry) for cluster, entry in value.get("clusters", {}).items()},
        protections=_protections(value.get("protect", {})),
        limits=_limits(value.get("limits", {})),
        review=tuple(map(_criteria, value.get("review", ()))),
        assignments=tuple(map(_assignment, value.get("workloads", ()))),
        kinds=(*map(parse_kind, value.get("kinds", ())), *shipped_kinds()),
        webhooks=tuple(
            WebhookSettings(name=name, type=WebhookType(entry["type"]))
            for name, entry in value.get("notify", {}).items()
        ),
        issues=_issues(value["issues"]) if "issues" in value else None,
    )


def condition(value: Any) -> Condition:
    """Return the condition that a value under `output_fields` describes."""
    if isinstance(value, list):
        return AnyOf(tuple(map(condition, value)))
    if not isinstance(value, dict):
        return EqualTo(value, getattr(value, "text", None) or text_of(value))
    conditions = [_CONDITIONS[key](operand) for key, operand in value.items()]
    return conditions[0] if len(conditions) == 1 else AllOf(tuple(conditions))


def _one_or_any(create: Callable[[str], Condition], operand: str | list[str]) -> Condition:
    return AnyOf(tuple(map(create, operand))) if isinstance(operand, list) else create(operand)


_CONDITIONS: Mapping[str, Callable[[Any], Condition]] = {
    "glob": lambda operand: _one_or_any(Glob, operand),
    "regex": lambda operand: _one_or_any(lambda pattern: RegexMatch(Regex(pattern)), operand),
    "exists": Exists,
    "not": lambda operand: Not(condition(operand)),
}


def _criteria(value: Mapping[str, Any]) -> Criteria:
    fields = value.get("output_fields", {})
    return Criteria(
        rules=_patterns(value.get("rules")),
        priority=tuple(map(Bound.parse, _texts(value.get("priority")))),
        source=_texts(value.get("source")),
        tags=_tags(value.get("tags")),
        namespaces=_patterns(value.get("namespaces")),
        clusters=_patterns(value.get("clusters")),
        output_fields={name: condition(operand) for name, operand in fields.items()},
    )


def _patterns(value: Sequence[str] | None) -> NamePatterns | None:
    return NamePatterns(tuple(value)) if value else None


def _tags(value: Mapping[str, Sequence[str]] | Sequence[str] | None) -> Tags | None:
    if isinstance(value, Mapping):
        return Tags(**{word: tuple(tags) for word, tags in value.items()})
    return Tags(any=tuple(value)) if value else None


def _texts(value: str | Sequence[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _rule(value: Mapping[str, Any], line: int) -> Rule:
    return Rule(
        name=value["name"],
        description=value.get("description", ""),
        line=line,
        criteria=_criteria(value["match"]),
        actions=tuple(map(_action, value["respond"])),
        continues=value.get("continue", False),
        mode=Mode(value.get("mode", Mode.COMMIT)),
        assignees=tuple(value.get("assignees", ())),
    )


def _action(entry: str | Mapping[str, Any]) -> Action:
    if isinstance(entry, str):
        return _ACTIONS[entry]({})
    [(word, parameters)] = entry.items()
    return _ACTIONS[word](parameters)


def _isolate(parameters: Mapping[str, Any]) -> Isolate:
    allow = parameters.get("allow", {})
    return Isolate(dns=allow.get("dns", False), namespaces=tuple(allow.get("namespaces", ())))


_ACTIONS: Mapping[str, Callable[[Any], Action]] = {
    "stop": lambda _: Stop(),
    "scale": lambda parameters: Scale(int(parameters["replicas"])),
    "isolate": _isolate,
    "label": lambda parameters: Label(parameters["set"], on_pods=parameters.get("target") == "pods"),
    "annotate": lambda parameters: Annotate(parameters["set"], on_pods=parameters.get("target") == "pods"),
    # Through JSON and back: numbers lose the spelling that they have in the file.
    "patch": lambda operations: PatchManifest(tuple(json.loads(json.dumps(operations)))),
    "remove": lambda _: Remove(),
}


def _cluster(value: Mapping[str, Any]) -> Cluster:
    receiver = value.get("receiver")
    return Cluster(
        path=PurePosixPath(value["path"]),
        dispatched_by=tuple(value.get("dispatched-by", ())),
        receiver=ReceiverAddress(**receiver) if receiver else None,
    )


def _protections(value: Mapping[str, Any]) -> tuple[Protection, ...]:
    namespaces = [*ALWAYS_PROTECTED, *value.get("namespaces", ())]
    workloads = [Protection(**workload) for workload in value.get("workloads", ())]
    return (*(Protection(namespace=namespace) for namespace in namespaces), *workloads)


def _limits(value: Mapping[str, Any]) -> Limits:
    standard = Limits()
    days = value.get("contained-days")
    return Limits(
        responses_per_hour=int(value.get("responses-per-hour", standard.responses_per_hour)),
        per=LimitUnit(value.get("per", standard.per)),
        over_limit=OverLimitAction(value.get("over-limit", standard.over_limit)),
        workloads_per_event=int(value.get("workloads-per-event", standard.workloads_per_event)),
        contained_days=None if days is None else int(days),
    )


def _issues(value: Mapping[str, Sequence[str]]) -> IssueSettings:
    return IssueSettings(labels=tuple(value.get("labels", ())), assignees=tuple(value.get("assignees", ())))


def _assignment(value: Mapping[str, str]) -> Assignment:
    globs = {name: value[name] for name in ("namespace", "cluster") if name in value}
    file = PurePosixPath(value["file"])
    return Assignment(pod=value["pod"], file=file, kind=value["kind"], name=value["name"], **globs)
