"""Finds the mistakes in response rules, each with its place and what would mend it.

The schema says what is right; this says it to a person. It reads no rules: a file without mistakes is for `rules`.
"""

import difflib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

import jsonschema

from ..errors import Mistake
from . import formats
from .rules_text import RulesText

_KINDS = {
    "object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number", "number": "a number",
    "boolean": "true or false",
}  # fmt: skip
# What people write who come from Falco Talon, or who leave the parameters out.
_KNOWN_AS = {
    "rule": "name", "action": "respond", "actions": "respond", "actionner": "respond", "parameters": "respond",
    "dry_run": "mode: dry-run", "fields": "output_fields", "kubernetes:terminate": "stop",
    "kubernetes:networkpolicy": "isolate", "kubernetes:label": "label", "kubernetes:annotation": "annotate",
    "kubernetes:delete": "remove", "terminate": "stop", "delete": "remove", "annotation": "annotate",
    "scale": "scale: {replicas: 0}", "patch": "patch: [{op: replace, path: /spec/paused, value: true}]",
    "label": 'label: {set: {quarantine: "true"}}', "annotate": "annotate: {set: {example.com/why: shell}}",
}  # fmt: skip
_WITH_PARAMETERS = ("scale", "label", "annotate", "patch")
_EVERY = 'to match every event, write rules: ["*"]'
_SHOWN = 60  # characters of a wrong value that a message quotes
_TRUTHS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def find_mistakes(source: RulesText) -> list[Mistake]:
    """All mistakes, in the order of the file."""
    if source.value is None:
        advice = "write the rules, or delete the file to have the built-in rule"
        return source.mistakes or [source.mistake("the file is empty", (), advice)]
    known = {(mistake.line, mistake.column) for mistake in source.mistakes}
    told = [mistake for error in _validator().iter_errors(source.value) for mistake in _explain(error, source)]
    told += _repeated_names(source)
    found = [*source.mistakes, *(mistake for mistake in told if (mistake.line, mistake.column) not in known)]
    return sorted(dict.fromkeys(found), key=lambda mistake: (mistake.line, mistake.column))


def _explain(error: jsonschema.ValidationError, source: RulesText) -> Iterator[Mistake]:
    path = list(error.absolute_path)
    found: Any = error.instance
    wanted: Any = error.validator_value
    place = _place(path)
    match error.validator:
        case "required":
            missing = ", ".join(f"`{name}`" for name in wanted if name not in found)
            yield source.mistake(f"{place} has no {missing}", path)
        case "additionalProperties":
            schema: Any = error.schema
            for name in found:
                if name not in schema["properties"]:
                    advice = _nearest(name, schema["properties"])
                    yield source.mistake(f"`{name}` is not known here", [*path, name], advice, of_key=True)
        case "format" if "propertyNames" in error.absolute_schema_path:
            yield source.mistake(str(error.cause), [*path, found], of_key=True)
        case "format":
            yield source.mistake(f"{place}: {error.cause}", path)
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else wanted
            expected = " or ".join(_KINDS[kind] for kind in kinds)
            advice = _type_advice(path, kinds, found)
            yield source.mistake(f"{place} is {_shown(found)}; expected {expected}", path, advice)
        case "enum":
            names = [*wanted, *_WITH_PARAMETERS] if "respond" in path[-2:] else wanted
            yield source.mistake(f"{place} cannot be {_shown(found)}", path, _nearest(found, names))
        case _:
            advice = _EVERY if path[-1:] == ["match"] else ""
            yield source.mistake(f"{place} {_LIMITS[str(error.validator)](wanted)}", path, advice)


_LIMITS: dict[str, Callable[[Any], str]] = {
    "const": lambda wanted: f"has to be {wanted}",
    "minItems": lambda _: "is an empty list",
    "minProperties": lambda _: "is empty",
    "minLength": lambda _: "is empty",
    "maxLength": lambda wanted: f"is longer than {wanted:,} characters",
    "maxProperties": lambda wanted: "has several keys; make each an entry" if wanted else "takes no parameters",
    "uniqueItems": lambda _: "has the same entry twice",
    "minimum": lambda wanted: f"has to be {wanted} or more",
    "maximum": lambda wanted: f"has to be {wanted:,} or less",
}


def _type_advice(path: list[str | int], kinds: list[str], found: object) -> str:
    if found is None and path[-1:] == ["match"]:
        return _EVERY
    if found is None:
        return "write a value, or {exists: false} to ask for a missing one" if "output_fields" in path else ""
    if path[-1:] == ["output_fields"]:
        return "write each field as `name: value`"
    if isinstance(found, str) and "boolean" in kinds and found.lower() in _TRUTHS:
        return f"write {_TRUTHS[found.lower()]}"
    if isinstance(found, str) and "array" in kinds:
        return f"write [{json.dumps(found, ensure_ascii=False)}]"
    if isinstance(found, int | float) and "string" in kinds:
        return f'quote it: "{_shown(found)}"'
    return ""


def _nearest(name: object, known: Iterable[str]) -> str:
    """What was probably meant, else all that can be meant."""
    names = list(known)
    alias = _KNOWN_AS.get(str(name), "")
    if alias.split(":")[0] in names:
        return f"did you mean `{alias}`?"
    near = difflib.get_close_matches(str(name), names, n=1)
    return f"did you mean `{near[0]}`?" if near else f"it can be {', '.join(names)}"


def _place(path: list[str | int]) -> str:
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return f"`{''.join(steps).removeprefix('.')}`" if steps else "the file"


def _shown(found: object) -> str:
    text = getattr(found, "text", None) or json.dumps(found, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _repeated_names(source: RulesText) -> Iterator[Mistake]:
    """Two rules of one name could not be told apart in a commit or a report."""
    rules = source.value.get("rules") if isinstance(source.value, dict) else None
    first: dict[str, int] = {}
    for number, rule in enumerate(rules if isinstance(rules, list) else []):
        name = rule.get("name") if isinstance(rule, dict) else None
        if isinstance(name, str):
            mistake = source.mistake(f"another rule is called `{name}` too", ["rules", number, "name"])
            if name in first:
                yield replace(mistake, suggestion=f"it is in line {first[name]}; give each its own name")
            first.setdefault(name, mistake.line)


@cache
def _validator() -> jsonschema.protocols.Validator:
    schema = json.loads(resources.files("responder").joinpath("schema/rules.json").read_bytes())
    return jsonschema.Draft202012Validator(schema, format_checker=formats.checker())
