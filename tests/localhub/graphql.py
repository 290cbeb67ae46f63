"""The one mutation of GitHub's GraphQL API that the action uses: createCommitOnBranch, made in the bare repository.

https://docs.github.com/en/graphql/reference/mutations#createcommitonbranch
"""

import asyncio
import base64
import binascii
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .answers import answer, error
from .model import Repository, Token
from .reading import token_of
from .state import State

INPUT = "CreateCommitOnBranchInput"
_MUTATION = re.compile(
    rf"mutation( \w+)? ?\(\$input: {INPUT}!\) {{ createCommitOnBranch\(input: \$input\) {{ commit {{ oid }} }} }}"
)
_IDENTITIES = {
    "AUTHOR_NAME": "github-actions[bot]",
    "AUTHOR_EMAIL": "41898282+github-actions[bot]@users.noreply.github.com",
    "COMMITTER_NAME": "GitHub",
    "COMMITTER_EMAIL": "noreply@github.com",
}
_SIGNATURE = b"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n\n"


@dataclass(frozen=True)
class Refused(Exception):
    """A mutation that is not carried out; GitHub answers 200 all the same."""

    type: str
    message: str


def routes(state: State) -> list[Route]:
    """The endpoint."""

    async def graphql(request: Request) -> Response:
        token, content = token_of(request, state), await request.json()
        if token is None:
            return error(state, 401, "Bad credentials")
        if not _MUTATION.fullmatch(" ".join(str(content.get("query")).split())):
            return answer(state, {"errors": [{"message": "Parse error"}]})
        mutation = content.get("variables", {}).get("input")
        for wrong in jsonschema.Draft202012Validator(mutation_input()).iter_errors(mutation):
            message = f"Variable $input of type {INPUT}! was provided invalid value: {wrong.message}"
            return answer(state, {"errors": [{"message": message}]})
        try:
            commit = await asyncio.to_thread(_apply, mutation, state, token)
        except Refused as refused:
            problem = {"type": refused.type, "path": ["createCommitOnBranch"], "message": refused.message}
            return answer(state, {"data": {"createCommitOnBranch": None}, "errors": [problem]})
        return answer(state, {"data": {"createCommitOnBranch": {"commit": {"oid": commit}}}})

    return [Route("/graphql", graphql, methods=["POST"])]


@cache
def mutation_input() -> Mapping[str, Any]:
    """The input of the mutation in GitHub's own schema."""
    described = json.loads((Path(__file__).parent / "operations.json").read_bytes())
    return dict(described["graphql"][INPUT])


def _apply(mutation: Mapping[str, Any], state: State, token: Token) -> str:
    name, branch = mutation["branch"].get("repositoryNameWithOwner"), mutation["branch"].get("branchName")
    if token.repository != name or name not in state.repositories:
        raise Refused("NOT_FOUND", f"Could not resolve to a Repository with the name '{name}'.")
    if not token.allows(name, "contents", "write"):
        raise Refused("FORBIDDEN", "Resource not accessible by integration")
    repository, changes = state.repositories[name], mutation.get("fileChanges", {})
    paths = [change["path"] for kind in ("additions", "deletions") for change in changes.get(kind, [])]
    if token.workflow and any(path.startswith(".github/workflows/") for path in paths):
        raise Refused("FORBIDDEN", "refusing to allow a GitHub App to create or update workflow without `workflows`")
    if repository.protected:
        raise Refused(
            "UNPROCESSABLE", "Repository rule violations found\n\nChanges must be made through a pull request"
        )
    expected = mutation["expectedHeadOid"]
    tip = _try(repository, "rev-parse", "--verify", f"refs/heads/{branch}")
    if tip is None:
        raise Refused("NOT_FOUND", f"Could not resolve to a Ref with the name 'refs/heads/{branch}'.")
    stale = Refused("STALE_DATA", f'Expected branch to point to "{expected}" but it did not.  Pull and try again.')
    if tip != expected:
        raise stale
    commit = _commit(repository, expected, mutation)
    if _try(repository, "update-ref", f"refs/heads/{branch}", commit, expected) is None:
        raise stale
    return commit


def _commit(repository: Repository, parent: str, mutation: Mapping[str, Any]) -> str:
    message = "\n\n".join(filter(None, [mutation["message"]["headline"], mutation["message"].get("body")]))
    with tempfile.TemporaryDirectory() as folder:
        environ = {
            **os.environ,
            "GIT_INDEX_FILE": f"{folder}/index",
            **{f"GIT_{key}": value for key, value in _IDENTITIES.items()},
        }

        def git(*arguments: str, stdin: bytes = b"") -> str:
            command = ["git", *arguments]
            result = subprocess.run(
                command, cwd=repository.path, env=environ, input=stdin, capture_output=True, check=True
            )
            return result.stdout.decode().strip()

        git("read-tree", parent)
        for addition in mutation.get("fileChanges", {}).get("additions", []):
            blob = git("hash-object", "-w", "--stdin", stdin=_decoded(addition["contents"]))
            git("update-index", "--add", "--cacheinfo", f"100644,{blob},{addition['path']}")
        for deletion in mutation.get("fileChanges", {}).get("deletions", []):
            if not git("ls-files", "--", deletion["path"]):
                raise Refused("UNPROCESSABLE", f"A file was requested to be deleted that is not there: {deletion}")
            git("update-index", "--index-info", stdin=f"0 {'0' * 40}\t{deletion['path']}\n".encode())
        unsigned = git("commit-tree", git("write-tree"), "-p", parent, stdin=message.encode())
        content = subprocess.run(
            ["git", "cat-file", "commit", unsigned], cwd=repository.path, capture_output=True, check=True
        ).stdout
        signed = content.replace(b"\n\n", _SIGNATURE, 1)
        sha = git("hash-object", "-t", "commit", "-w", "--stdin", stdin=signed)
        repository.signed.add(sha)
        return sha


def _decoded(contents: str) -> bytes:
    try:
        return base64.b64decode(contents, validate=True)
    except binascii.Error as problem:
        raise Refused("UNPROCESSABLE", "contents is not Base64") from problem


def _try(repository: Repository, *arguments: str) -> str | None:
    result = subprocess.run(["git", *arguments], cwd=repository.path, capture_output=True, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else None
