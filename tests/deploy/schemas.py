"""Holds an object against the schema of its kind, as the API server would: unknown fields are mistakes.

Kubernetes' own schemas come with kubernetes-validate, those of custom resources from the modules in .ci/crds. Rules in
CEL (x-kubernetes-validations) are not evaluated: only an API server does that.
"""

import json
from functools import cache
from typing import Any

import jsonschema
import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from tests.deploy.rendering import ROOT, Object

# The oldest that the chart takes, and the newest with a schema.
VERSIONS = ("1.30", "1.37")
CRDS = ROOT / ".tools" / "crds"


class Invalid(Exception):
    """The object does not fit its schema; the message says where."""


def check(manifest: Object, version: str) -> None:
    """Raise Invalid if the API server of this Kubernetes version would refuse the object or drop a field of it."""
    _check(json.dumps(manifest), version)


@cache  # most objects are the same in several overlays, and the schemas are large
def _check(manifest: str, version: str) -> None:
    content: Object = json.loads(manifest)
    group = content["apiVersion"].rpartition("/")[0]
    if "." in group and (not group.endswith(".k8s.io") or group == "gateway.networking.k8s.io"):
        validator = jsonschema.Draft202012Validator(custom(content["apiVersion"], content["kind"]))
        if problems := [f"{error.json_path}: {error.message}" for error in validator.iter_errors(content)]:
            raise Invalid("\n".join(problems))
        return
    try:
        kubernetes_validate.validate(content, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        raise Invalid(f"{'.'.join(str(step) for step in error.path)}: {error.message}") from error


@cache
def custom(api_version: str, kind: str) -> dict[str, Any]:
    """Return the strict schema of a custom resource; skip the test where the schemas are missing."""
    if not CRDS.is_dir():
        pytest.skip("no schemas of custom resources: `make setup` brings them where Go is")
    group, _, version = api_version.partition("/")
    for path in CRDS.glob(f"{group}_{kind.lower()[:-1]}*.yaml"):  # without its last letter: repository, repositories
        definition = yaml.load(path.read_text(), yaml.CSafeLoader)
        if definition["spec"]["names"]["kind"] == kind:
            for candidate in definition["spec"]["versions"]:
                if candidate["name"] == version:
                    return strict(candidate["schema"]["openAPIV3Schema"], root=True)
    raise Invalid(f"no custom resource {api_version} {kind}")


def strict(schema: dict[str, Any], *, root: bool = False) -> dict[str, Any]:
    """Return a structural schema as JSON Schema that refuses unknown fields; `metadata` is the API server's own."""
    result = {key: value for key, value in schema.items() if not key.startswith("x-kubernetes-")}
    properties = {name: strict(value) for name, value in schema.get("properties", {}).items()}
    if root:
        properties["metadata"] = {"type": "object"}
    if properties:
        result["properties"] = properties
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            result.setdefault("additionalProperties", False)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            result[key] = strict(schema[key])
    if schema.get("x-kubernetes-int-or-string"):
        result = {"type": ["integer", "string"]}
    if schema.get("nullable"):
        result = {"anyOf": [result, {"type": "null"}]}
    return result
