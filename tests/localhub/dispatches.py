"""What GitHub's two dispatch endpoints accept, and how they answer. Pure: bodies and definitions in, answers out.

The bodies are checked against GitHub's own description of the operations (operations.json), and against the limits
that its prose has: https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

LIMIT = 65_535  # characters of a client_payload, and of all inputs together
REPOSITORY_DISPATCH = "POST /repos/{owner}/{repo}/dispatches"
WORKFLOW_DISPATCH = "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches"
PERMISSIONS = {REPOSITORY_DISPATCH: "contents", WORKFLOW_DISPATCH: "actions"}


@dataclass(frozen=True)
class Invalid(Exception):
    """A request that GitHub does not process."""

    message: str
    field: str = ""
    status: int = 422


@cache
def operations() -> Mapping[str, Any]:
    """GitHub's description of the operations that are served here."""
    described = json.loads((Path(__file__).parent / "operations.json").read_bytes())
    return dict(described["operations"])


def parse(operation: str, body: bytes) -> dict[str, Any]:
    """The request body, as GitHub's description and limits have it. Raises Invalid."""
    try:
        content = json.loads(body)
    except ValueError:
        raise Invalid("Problems parsing JSON", status=400) from None
    validator = jsonschema.Draft202012Validator(operations()[operation]["body"])
    for error in sorted(validator.iter_errors(content), key=str):
        field = str(error.absolute_path[0]) if error.absolute_path else ""
        too_many = f"No more than {error.validator_value} properties are allowed"
        raise Invalid(f"Invalid request.\n\n{too_many if error.validator == 'maxProperties' else error.message}", field)
    for name in ("client_payload", "inputs"):
        if len(json.dumps(content.get(name, {}), ensure_ascii=False, separators=(",", ":"))) > LIMIT:
            raise Invalid(f"{name} is too large.", name)
    return dict(content)


def listens(workflow: bytes, event_type: str) -> bool:
    """Whether a workflow file starts on a repository_dispatch of this type; without `types` it does on all."""
    triggers = _triggers(workflow)
    if "repository_dispatch" not in triggers:
        return False
    types = (triggers["repository_dispatch"] or {}).get("types")
    return types is None or event_type in types


def inputs(workflow: bytes, values: Mapping[str, Any]) -> dict[str, str]:
    """The inputs of a workflow_dispatch, defaults filled in. Raises Invalid."""
    triggers = _triggers(workflow)
    if "workflow_dispatch" not in triggers:
        raise Invalid("Workflow does not have 'workflow_dispatch' trigger")
    defined = (triggers["workflow_dispatch"] or {}).get("inputs") or {}
    if unexpected := sorted(set(values) - set(defined)):
        raise Invalid(f"Unexpected inputs provided: {json.dumps(unexpected)}")
    filled = {name: values.get(name, (defined[name] or {}).get("default", "")) for name in defined}
    for name, definition in defined.items():
        if (definition or {}).get("required") and filled[name] == "":
            raise Invalid(f"Required input '{name}' not provided")
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in filled.items()}


def permissions(workflow: bytes) -> dict[str, str]:
    """What the workflow's own token may do: what its jobs ask for, or the workflow for all of them."""
    content = yaml.safe_load(workflow)
    granted: dict[str, str] = {}
    for job in content["jobs"].values():
        granted |= job.get("permissions", content.get("permissions")) or {}
    return granted


def environment(workflow: bytes) -> str:
    """The environment that the jobs of a workflow name, empty if none does."""
    names = [job.get("environment") for job in yaml.safe_load(workflow)["jobs"].values()]
    return next((name["name"] if isinstance(name, dict) else str(name) for name in names if name), "")


def _triggers(workflow: bytes) -> dict[str, Any]:
    content = yaml.safe_load(workflow)
    triggers = content.get("on", content.get(True))  # YAML 1.1 reads the key `on` as true
    if isinstance(triggers, str):
        return {triggers: None}
    return dict.fromkeys(triggers) if isinstance(triggers, list) else dict(triggers or {})
