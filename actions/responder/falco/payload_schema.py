"""Checks a JSON document against schema/payload.json, and explains in words what is wrong with it."""

import json
from functools import cache
from importlib import resources
from typing import Any

import jsonschema

from ..escape import one_line

_TYPES = {"object": "an object", "array": "an array", "string": "text", "integer": "a whole number", "null": "null"}


def problems(document: Any) -> list[str]:
    """Return what keeps a document from being an event. What an attacker wrote is bounded and escaped in it."""
    return list(dict.fromkeys(map(_explain, _validator().iter_errors(document))))


@cache
def _validator() -> jsonschema.protocols.Validator:
    schema = json.loads(resources.files("responder").joinpath("schema/payload.json").read_bytes())
    return jsonschema.Draft202012Validator({"$defs": schema["$defs"], "$ref": "#/$defs/event"})


def _explain(error: jsonschema.ValidationError) -> str:
    constraint: Any = error.validator_value
    value: Any = error.instance
    field = one_line(".".join(map(str, error.absolute_path)) or "the event", limit=80)
    if error.validator == "required":
        missing = [f"`{name}`" for name in constraint if name not in value]
        return f"{field} has no {', '.join(missing)}"
    return f"{field} is {one_line(json.dumps(value), limit=80)}; expected {_expectation(error)}"


def _expectation(error: jsonschema.ValidationError) -> str:
    constraint: Any = error.validator_value
    match error.validator:
        case "type":
            types = [constraint] if isinstance(constraint, str) else constraint
            return " or ".join(_TYPES[name] for name in types)
        case "const":
            return json.dumps(constraint)
        case "minLength":
            return "text"
        case "pattern" if constraint.startswith("[^"):
            return "text that people can see"
        case "maxLength":
            return f"at most {constraint:,} characters"
        case "maxProperties":
            return f"at most {constraint:,} fields"
        case _:
            return "a whole number from 0 to 999999999"
