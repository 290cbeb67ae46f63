"""A stand-in for GitHub's issuer of identity tokens, as a job with `id-token: write` reaches it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://token.actions.githubusercontent.com"
_KEY = "key-1"


@dataclass(kw_only=True)
class Issuer:
    """Signs tokens for the runs of one repository and ref; `status` is what it answers, `lifetime` is in seconds.

    With `is_discoverable` its own address is the issuer, so that Flux can ask there for its keys.
    """

    repository: str = "acme/desired-state"
    ref: str = "refs/heads/main"
    status: int = 200
    lifetime: int = 300
    is_discoverable: bool = False
    address: str = ""
    bearer: str = "the-bearer-of-the-job"
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048), repr=False)
    minted: list[str] = field(default_factory=list, repr=False)

    @property
    def url(self) -> str:
        """Return the address that the runner gives a job that may have an identity."""
        return f"{self.address}/token?api-version=2.0"

    @property
    def environ(self) -> dict[str, str]:
        """Return the variables that the runner sets for such a job."""
        return {"ACTIONS_ID_TOKEN_REQUEST_URL": self.url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.bearer}

    @property
    def name(self) -> str:
        """Return the issuer that the tokens name."""
        return self.address if self.is_discoverable else ISSUER

    def verify(self, authorization: str, audience: str) -> bool:
        """What Flux asks of a token: the issuer's signature, the audience, the time, repository and ref."""
        token = authorization.removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, self.key.public_key(), algorithms=["RS256"], audience=audience, issuer=self.name)
        except jwt.PyJWTError:
            return False
        return (claims["repository"], claims["ref"]) == ("acme/desired-state", "refs/heads/main")

    def answer(self, target: str, authorization: str) -> tuple[int, bytes]:
        """Status and body of the answer to a request: for a token, or for what verifies one."""
        if target == "/.well-known/openid-configuration":
            document = {
                "issuer": self.name,
                "jwks_uri": f"{self.address}/keys",
                "response_types_supported": ["id_token"],
            }
            algorithms = {"subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]}
            return 200, json.dumps({**document, **algorithms}).encode()
        if target == "/keys":
            key = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
            return 200, json.dumps({"keys": [{**key, "kid": _KEY, "use": "sig", "alg": "RS256"}]}).encode()
        if authorization != f"bearer {self.bearer}":
            return 401, b"{}"
        audience = parse_qs(urlsplit(target).query)["audience"][0]
        now = int(time.time())
        claims = {"iss": self.name, "aud": audience, "iat": now, "exp": now + self.lifetime}
        token = jwt.encode({**claims, "repository": self.repository, "ref": self.ref}, self.key, "RS256", {"kid": _KEY})
        self.minted.append(token)
        return self.status, json.dumps({"value": token}).encode()

    @contextmanager
    def serve(self) -> "Iterator[Issuer]":
        """Answer on a free port until the end of the block."""
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = issuer.answer(self.path, self.headers.get("Authorization", ""))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing: the tokens are kept."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.address = f"http://127.0.0.1:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()
