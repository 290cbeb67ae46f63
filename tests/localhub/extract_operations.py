"""Extracts the operations that the local GitHub serves from GitHub's own description of its REST API.

    npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
    python -m tests.localhub.extract_operations package

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
    ("get", "/repos/{owner}/{repo}/installation"),
    ("post", "/app/installations/{installation_id}/access_tokens"),
)


def main(package: Path) -> None:
    """Write the operations of the npm package that lies unpacked in `package`."""
    version = json.loads((package / "package.json").read_bytes())["version"]
    paths = json.loads((package / "generated" / "api.github.com.deref.json").read_bytes())["paths"]
    operations = {f"{method.upper()} {path}": _operation(paths[path][method]) for method, path in OPERATIONS}
    content = {"source": f"npm @octokit/openapi {version}, api.github.com", "operations": operations}
    FILE.write_text(json.dumps(content, indent=1) + "\n")


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
    main(Path(sys.argv[1]))
