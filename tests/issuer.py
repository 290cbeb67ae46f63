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

ISSUER = "https://token.actions.githubusercontent.com"


@dataclass(kw_only=True)
class Issuer:
    """Signs tokens for the runs of one repository and ref; `status` is what it answers, `lifetime` is in seconds."""

    repository: str = "acme/desired-state"
    ref: str = "refs/heads/main"
    status: int = 200
    lifetime: int = 300
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

    def verify(self, authorization: str, audience: str) -> bool:
        """What Flux asks of a token: the issuer's signature, the audience, the time, repository and ref."""
        token = authorization.removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, self.key.public_key(), algorithms=["RS256"], audience=audience, issuer=ISSUER)
        except jwt.PyJWTError:
            return False
        return (claims["repository"], claims["ref"]) == ("acme/desired-state", "refs/heads/main")

    def answer(self, target: str, authorization: str) -> tuple[int, bytes]:
        """Status and body of the answer to a request for a token."""
        if authorization != f"bearer {self.bearer}":
            return 401, b"{}"
        audience = parse_qs(urlsplit(target).query)["audience"][0]
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": audience, "iat": now, "exp": now + self.lifetime}
        token = jwt.encode({**claims, "repository": self.repository, "ref": self.ref}, self.key, algorithm="RS256")
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
