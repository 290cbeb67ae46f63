"""Git over HTTP as GitHub serves it, by `git http-backend` behind token authentication.

https://git-scm.com/docs/git-http-backend
"""

import asyncio
import base64
import binascii
import os
import subprocess
from email.parser import BytesHeaderParser
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from .model import Repository, Token

# What a ruleset and the workflow token's own limit answer to a push.
_HOOK = """\
#!/bin/sh
while read -r old new ref; do
  if [ -e "$GIT_DIR/protected" ]; then
    echo "GH013: Repository rule violations found for $ref." >&2
    exit 1
  fi
  case "$old" in *[!0]*) ;; *) old=main ;; esac
  if [ -n "$HUB_WORKFLOW_TOKEN" ] && ! git diff --quiet "$old" "$new" -- .github/workflows; then
    echo "refusing to allow a GitHub App to create or update workflow without workflows permission" >&2
    exit 1
  fi
done
"""


def install_hook(repository: Path) -> None:
    """Make pushes to the bare repository obey GitHub's rules."""
    hook = repository / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(_HOOK)
    hook.chmod(0o755)


def password(authorization: str) -> str:
    """The password of HTTP Basic credentials, or empty."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


async def serve(request: Request, repository: Repository, token: Token | None) -> Response:
    """Answer one request of git's for `repository`."""
    service = request.query_params.get("service") or request.url.path.rpartition("/")[2]
    level = "write" if service == "git-receive-pack" else "read"
    if token is None:
        challenge = {"WWW-Authenticate": 'Basic realm="GitHub"'}
        return Response("Invalid username or token.\n", status_code=401, headers=challenge)
    if not token.allows(repository.name, "contents", level):
        message = (
            f"Permission to {repository.name}.git denied to {'github-actions[bot]' if token.workflow else 'you'}.\n"
        )
        return Response(message, status_code=403 if token.repository == repository.name else 404)
    return await _run(request, repository, token, await request.body())


async def _run(request: Request, repository: Repository, token: Token, body: bytes) -> Response:
    protected = repository.path / "protected"
    protected.touch() if repository.protected else protected.unlink(missing_ok=True)
    environ = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(repository.path),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": request.method,
        "PATH_INFO": "/" + request.path_params["service"],
        "QUERY_STRING": request.url.query,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "REMOTE_USER": "token",
        "HUB_WORKFLOW_TOKEN": "1" if token.workflow else "",
    }
    # In a thread: git may end before it has read all, which uvloop's pipes do not bear.
    result = await asyncio.to_thread(
        subprocess.run, ["git", "http-backend"], env=environ, input=body, stdout=subprocess.PIPE, check=False
    )
    head, _, content = result.stdout.partition(b"\r\n\r\n")
    headers = BytesHeaderParser().parsebytes(head)
    status = int(str(headers.get("Status", "200")).split()[0])
    other_headers = {name: str(value) for name, value in headers.items() if name.lower() != "status"}
    return Response(content, status_code=status, headers=other_headers)
