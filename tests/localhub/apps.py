"""GitHub Apps at the local GitHub: what an App has to prove, and the tokens that it may mint.

https://docs.github.com/en/rest/apps/apps
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .model import RANKS, Token

LIFETIME = 3600  # seconds of a token
_LONGEST = 600  # seconds of an App's own proof


@dataclass(kw_only=True)
class App:
    """An App, its key, and the one repository that it is installed on; None: it is not installed."""

    id: str = "Iv23liExample"
    login: str = "falco-relay[bot]"
    permissions: dict[str, str] = field(default_factory=dict)
    repository: str | None = None
    installation: int = 7
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048), repr=False)
    minted: list[Token] = field(default_factory=list)

    @property
    def private_key(self) -> str:
        """As GitHub gives it for download."""
        form = serialization.PrivateFormat.TraditionalOpenSSL
        return self.key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()

    def is_proved(self, authorization: str) -> bool:
        """Whether a request comes from the App."""
        try:
            claims = jwt.decode(authorization.removeprefix("Bearer "), self.key.public_key(), algorithms=["RS256"])
        except jwt.PyJWTError:
            return False
        now = time.time()
        return bool(claims.get("iss") == self.id and claims["iat"] <= now and claims["exp"] <= now + _LONGEST)


def routes(apps: list[App], tokens: dict[str, Token]) -> list[Route]:
    """The endpoints that an App uses."""

    def find_app(request: Request) -> App | None:
        return next((app for app in apps if app.is_proved(request.headers.get("authorization", ""))), None)

    async def installation(request: Request) -> Response:
        app = find_app(request)
        name = f"{request.path_params['owner']}/{request.path_params['repo']}"
        if app is None:
            return _error(401, "A JSON web token could not be decoded")
        if app.repository != name:
            return _error(404, "Not Found")
        return JSONResponse({"id": app.installation, "permissions": app.permissions})

    async def access_tokens(request: Request) -> Response:
        app = find_app(request)
        if app is None:
            return _error(401, "A JSON web token could not be decoded")
        if app.repository is None or request.path_params["id"] != app.installation:
            return _error(404, "Not Found")
        return _mint(app, await request.json(), tokens)

    return [
        Route("/repos/{owner}/{repo}/installation", installation),
        Route("/app/installations/{id:int}/access_tokens", access_tokens, methods=["POST"]),
    ]


def _mint(app: App, content: dict[str, Any], tokens: dict[str, Token]) -> Response:
    permissions = content.get("permissions", app.permissions)
    if any(RANKS[level] > RANKS[app.permissions.get(name, "none")] for name, level in permissions.items()):
        return _error(422, "The permissions requested are not granted to this installation.")
    if content.get("repositories", []) != [str(app.repository).partition("/")[2]]:
        return _error(422, "There is at least one repository that does not exist or is not accessible")
    token = Token(repository=str(app.repository), permissions=permissions, login=app.login)
    tokens[token.value] = token
    app.minted.append(token)
    ends = datetime.fromtimestamp(time.time() + LIFETIME, UTC)
    content = {"token": token.value, "expires_at": f"{ends:%Y-%m-%dT%H:%M:%SZ}", "permissions": permissions}
    return JSONResponse(content, status_code=201)


def _error(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status_code=status)
