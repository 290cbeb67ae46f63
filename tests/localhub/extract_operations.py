"""Extracts the operations that the local GitHub serves from GitHub's own descriptions of its APIs.

    npm pack @octokit/openapi @octokit/graphql-schema
    for name in openapi graphql-schema; do mkdir $name && tar xzf octokit-$name-*.tgz -C $name; done
    python -m tests.localhub.extract_operations openapi/package graphql-schema/package

writes operations.json beside this file.
"""

import json
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "operations.json"
OPERATIONS = (
    ("post", "/repos/{owner}/{repo}/dispatches"),
    ("post", "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches"),
    ("get", "/repos/{owner}/{repo}"),
    ("get", "/repos/{owner}/{repo}/contents/{path}"),
    ("get", "/repos/{owner}/{repo}/actions/workflows/{workflow_id}"),
    ("get", "/repos/{owner}/{repo}/actions/runs/{run_id}/approvals"),
    ("get", "/repos/{owner}/{repo}/environments/{environment_name}"),
    ("get", "/repos/{owner}/{repo}/installation"),
    ("post", "/app/installations/{installation_id}/access_tokens"),
    ("get", "/repos/{owner}/{repo}/pulls"),
    ("post", "/repos/{owner}/{repo}/pulls"),
    ("patch", "/repos/{owner}/{repo}/pulls/{pull_number}"),
    ("post", "/repos/{owner}/{repo}/git/refs"),
    ("get", "/repos/{owner}/{repo}/commits"),
    ("get", "/repos/{owner}/{repo}/commits/{ref}/statuses"),
    ("post", "/repos/{owner}/{repo}/statuses/{sha}"),
    ("get", "/repos/{owner}/{repo}/issues"),
    ("post", "/repos/{owner}/{repo}/issues"),
    ("patch", "/repos/{owner}/{repo}/issues/{issue_number}"),
    ("post", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
)
MUTATION_INPUT = "CreateCommitOnBranchInput"


def main(openapi: Path, graphql: Path) -> None:
    """Write the operations of the npm packages that lie unpacked in the two folders."""
    paths = json.loads((openapi / "generated" / "api.github.com.deref.json").read_bytes())["paths"]
    operations = {f"{method.upper()} {path}": _operation(paths[path][method]) for method, path in OPERATIONS}
    types = {
        definition["name"]: definition
        for definition in json.loads((graphql / "schema.json").read_bytes())["__schema"]["types"]
    }
    content = {
        "source": f"npm @octokit/openapi {_version(openapi)}, api.github.com",
        "operations": operations,
        "graphql": {
            "source": f"npm @octokit/graphql-schema {_version(graphql)}",
            MUTATION_INPUT: _schema({"kind": "INPUT_OBJECT", "name": MUTATION_INPUT}, types),
        },
    }
    FILE.write_text(json.dumps(content, indent=1) + "\n")


def _version(package: Path) -> str:
    return str(json.loads((package / "package.json").read_bytes())["version"])


def _schema(described: dict[str, Any], types: dict[str, Any]) -> dict[str, Any]:
    """A GraphQL input type as JSON Schema; what may be null may be absent."""
    if described["kind"] == "NON_NULL":
        return _schema(described["ofType"], types)
    if described["kind"] == "LIST":
        return {"type": "array", "items": _schema(described["ofType"], types)}
    if described["kind"] != "INPUT_OBJECT":
        return {"type": "string"}
    fields = types[described["name"]]["inputFields"]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {field["name"]: _schema(field["type"], types) for field in fields},
        "required": [field["name"] for field in fields if field["type"]["kind"] == "NON_NULL"],
    }


def _operation(described: dict[str, Any]) -> dict[str, Any]:
    body = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return {
        "id": described["operationId"],
        "documentation": described["externalDocs"]["url"],
        "statuses": sorted(described["responses"]),
        "body": _without_prose(body),
    }


def _without_prose(schema: Any) -> Any:
    """The schema alone: descriptions and examples are not checked."""
    if isinstance(schema, dict):
        prose = ("description", "example", "examples")
        return {key: _without_prose(value) for key, value in schema.items() if key not in prose or key == "properties"}
    return [_without_prose(item) for item in schema] if isinstance(schema, list) else schema


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
