"""Finds the mistakes in a rules file, and explains each with its position and a suggestion.

schema/rules.json defines what is valid. `parser` turns a file without mistakes into rules.
"""

import difflib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from importlib import resources
from itertools import islice
from typing import Any

import jsonschema

from ..errors import Mistake
from . import formats
from .rules_text import RulesText

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
# What people write who know Falco Talon, or who forget the parameters.
_SUGGESTIONS = {
    "rule": "name",
    "action": "respond",
    "actions": "respond",
    "actionner": "respond",
    "parameters": "respond",
    "dry_run": "mode: dry-run",
    "fields": "output_fields",
    "kubernetes:terminate": "stop",
    "kubernetes:networkpolicy": "isolate",
    "kubernetes:label": "label",
    "kubernetes:annotation": "annotate",
    "kubernetes:delete": "remove",
    "terminate": "stop",
    "delete": "remove",
    "annotation": "annotate",
    "scale": "scale: {replicas: 0}",
    "patch": "patch: [{op: replace, path: /spec/paused, value: true}]",
    "label": 'label: {set: {quarantine: "true"}}',
    "annotate": "annotate: {set: {example.com/why: shell}}",
}
_WITH_PARAMETERS = ("scale", "label", "annotate", "patch")
_MATCH_ALL = 'to match every event, write rules: ["*"]'
_MISTAKE_LIMIT = 100  # that are explained; a file of the largest size can have a hundred thousand
_QUOTE_LIMIT = 60  # characters of a wrong value in a message
_BOOLEANS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def find_mistakes(text: RulesText) -> list[Mistake]:
    """Return the mistakes in a rules file, in the order of the file; of very many, only some."""
    if text.value is None:
        suggestion = "write rules, or delete the file to use the built-in rule"
        return text.mistakes or [text.mistake("the file is empty", (), suggestion)]
    yaml_positions = {(mistake.line, mistake.column) for mistake in text.mistakes}
    explanations = (mistake for error in _validator().iter_errors(text.value) for mistake in _explain(error, text))
    mistakes = list(islice(explanations, _MISTAKE_LIMIT))
    mistakes += _repeated_names(text)
    # A part whose YAML is wrong has no value, so what the schema says about it is of no use.
    mistakes = [mistake for mistake in mistakes if (mistake.line, mistake.column) not in yaml_positions]
    return sorted(dict.fromkeys([*text.mistakes, *mistakes]), key=lambda mistake: (mistake.line, mistake.column))


def _explain(error: jsonschema.ValidationError, text: RulesText) -> Iterator[Mistake]:
    path = list(error.absolute_path)
    value: Any = error.instance
    constraint: Any = error.validator_value
    location = _location(path)
    match error.validator:
        case "required":
            missing = ", ".join(f"`{name}`" for name in constraint if name not in value)
            yield text.mistake(f"{location} has no {missing}", path)
        case "additionalProperties":
            schema: Any = error.schema
            for name in value:
                if name not in schema["properties"]:
                    suggestion = _nearest(name, schema["properties"])
                    yield text.mistake(f"`{name}` is not a valid key", [*path, name], suggestion, of_key=True)
        case "format" if "propertyNames" in error.absolute_schema_path:
            yield text.mistake(str(error.cause), [*path, value], of_key=True)
        case "format":
            yield text.mistake(f"{location}: {error.cause}", path)
        case "type":
            types = [constraint] if isinstance(constraint, str) else constraint
            expected = " or ".join(_TYPES[name] for name in types)
            suggestion = _type_suggestion(path, types, value)
            yield text.mistake(f"{location} is {_quote(value)}; expected {expected}", path, suggestion)
        case "enum":
            names = [*constraint, *_WITH_PARAMETERS] if "respond" in path[-2:] else constraint
            yield text.mistake(f"{location} cannot be {_quote(value)}", path, _nearest(value, names))
        case _:
            suggestion = _MATCH_ALL if path[-1:] == ["match"] else ""
            yield text.mistake(f"{location} {_LIMITS[str(error.validator)](constraint)}", path, suggestion)


_LIMITS: dict[str, Callable[[Any], str]] = {
    "const": lambda constraint: f"must be {constraint}",
    "minItems": lambda _: "is an empty list",
    "minProperties": lambda _: "is empty",
    "minLength": lambda _: "is empty",
    "maxLength": lambda constraint: f"is longer than {constraint:,} characters",
    "maxProperties": lambda constraint: (
        "has several keys; write one entry for each" if constraint else "takes no parameters"
    ),
    "uniqueItems": lambda _: "has the same entry twice",
    "minimum": lambda constraint: f"must be {constraint} or more",
    "maximum": lambda constraint: f"must be {constraint:,} or less",
}


def _type_suggestion(path: list[str | int], types: list[str], value: object) -> str:
    if value is None and path[-1:] == ["match"]:
        return _MATCH_ALL
    if value is None:
        return "write a value, or {exists: false} for a field without a value" if "output_fields" in path else ""
    if path[-1:] == ["output_fields"]:
        return "write each field as `name: value`"
    if isinstance(value, str) and "boolean" in types and value.lower() in _BOOLEANS:
        return f"write {_BOOLEANS[value.lower()]}"
    if isinstance(value, str) and "array" in types:
        return f"write [{json.dumps(value, ensure_ascii=False)}]"
    if isinstance(value, int | float) and "string" in types:
        return f'quote it: "{_quote(value)}"'
    return ""


def _nearest(name: object, valid: Iterable[str]) -> str:
    """Return a suggestion: the valid name that is most similar, or all valid names."""
    names = list(valid)
    suggestion = _SUGGESTIONS.get(str(name), "")
    if suggestion.split(":")[0] in names:
        return f"did you mean `{suggestion}`?"
    similar = difflib.get_close_matches(str(name), names, n=1)
    return f"did you mean `{similar[0]}`?" if similar else f"use one of {', '.join(names)}"


def _location(path: list[str | int]) -> str:
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return f"`{''.join(steps).removeprefix('.')}`" if steps else "the file"


def _quote(value: object) -> str:
    text = getattr(value, "text", None) or json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _QUOTE_LIMIT else text[:_QUOTE_LIMIT] + "..."


def _repeated_names(text: RulesText) -> Iterator[Mistake]:
    """Yield a mistake for each rule whose name occurs before: commits and reports identify a rule by its name."""
    rules = text.value.get("rules") if isinstance(text.value, dict) else None
    first_lines: dict[str, int] = {}
    for number, rule in enumerate(rules if isinstance(rules, list) else []):
        name = rule.get("name") if isinstance(rule, dict) else None
        if isinstance(name, str):
            mistake = text.mistake(f"another rule has the name `{name}`", ["rules", number, "name"])
            if name in first_lines:
                yield replace(mistake, suggestion=f"it is in line {first_lines[name]}; choose another name")
            first_lines.setdefault(name, mistake.line)


@cache
def _validator() -> jsonschema.protocols.Validator:
    schema = json.loads(resources.files("responder").joinpath("schema/rules.json").read_bytes())
    return jsonschema.Draft202012Validator(schema, format_checker=formats.checker())
