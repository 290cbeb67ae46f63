"""Decides which cluster a request speaks for, by its token. It does not read the event."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs

import yaml

from relay.errors import BadSettings, UnknownCaller

_SHORTEST_TOKEN = 16


class Callers(Protocol):
    """Whoever may post events."""

    @property
    def count(self) -> int:
        """Return how many clusters may post, at least 1: each has its share of the backlog."""

    def identify(self, headers: Mapping[bytes, bytes], query: bytes) -> str | None:
        """Return the cluster that the request speaks for, or None if any is allowed. Raise UnknownCaller."""


class Anyone:
    """RELAY_ALLOW_ANONYMOUS: every caller is accepted, and the cluster that the event claims is kept."""

    count = 1

    def identify(self, headers: Mapping[bytes, bytes], query: bytes) -> str | None:  # noqa: ARG002  # the protocol's signature
        return None


class TokenCallers:
    """Clusters by token. Only the digests of the tokens are kept."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._clusters = {cluster: _digest(token.encode()) for cluster, token in tokens.items()}

    @property
    def count(self) -> int:
        return max(1, len(self._clusters))

    def identify(self, headers: Mapping[bytes, bytes], query: bytes) -> str | None:
        token = _token(headers, query)
        if token is None:
            raise UnknownCaller("send the cluster's token as Bearer, as the password of Basic, or as access_token")
        digest = _digest(token)
        match = None
        for cluster, expected in self._clusters.items():  # to the end: the duration must not reveal which one matched
            if hmac.compare_digest(digest, expected):
                match = cluster
        if match is None:
            raise UnknownCaller("the token belongs to no cluster")
        return match


class CallersFile:
    """The callers in a tokens file as it was last read. Before the first `reload` there are none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._callers = TokenCallers({})

    def reload(self) -> None:
        """Read the file. Raise BadSettings, and keep the former callers, if it is broken."""
        self._callers = load(self._path)

    @property
    def count(self) -> int:
        return self._callers.count

    def identify(self, headers: Mapping[bytes, bytes], query: bytes) -> str | None:
        return self._callers.identify(headers, query)


def load(path: Path) -> TokenCallers:
    """Return the callers of a tokens file, a YAML map `cluster name: token`. Raise BadSettings without any token."""
    try:
        tokens = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings([f"RELAY_TOKENS_FILE names a file that cannot be read: {error.strerror}"]) from error
    except (UnicodeDecodeError, yaml.YAMLError):
        # The parser's own message quotes the line, and a token with it.
        raise BadSettings(["RELAY_TOKENS_FILE names a file that is not YAML in UTF-8"]) from None
    if not isinstance(tokens, dict) or not tokens:
        raise BadSettings(["RELAY_TOKENS_FILE must name a file with a map of cluster name: token"])
    if problems := [problem for cluster, token in tokens.items() for problem in _problems(cluster, token)]:
        raise BadSettings(problems)
    if len(set(tokens.values())) < len(tokens):
        raise BadSettings(["RELAY_TOKENS_FILE has the same token for two clusters"])
    return TokenCallers(tokens)


def _problems(cluster: object, token: object) -> list[str]:
    if not isinstance(cluster, str) or not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", cluster):
        return [
            "RELAY_TOKENS_FILE has a cluster name that is not 1 to 63 letters, digits, dots, dashes (quote numbers)"
        ]
    if not isinstance(token, str) or len(token) < _SHORTEST_TOKEN:
        return [f"RELAY_TOKENS_FILE: the token of {cluster} is not a text of {_SHORTEST_TOKEN} characters or more"]
    return []


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


def _token(headers: Mapping[bytes, bytes], query: bytes) -> bytes | None:
    """Return the token as the caller sent it: from the Authorization header, else from the query.

    https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#3-authorization
    """
    scheme, _, credentials = headers.get(b"authorization", b"").partition(b" ")
    scheme = scheme.lower()
    if scheme == b"bearer":
        return credentials.strip()
    if scheme == b"basic":
        try:
            return base64.b64decode(credentials, validate=True).partition(b":")[2]
        except binascii.Error:
            raise UnknownCaller("the Basic credentials are not base64 of user:password") from None
    if query:
        values = parse_qs(query).get(b"access_token", [])
        return values[0] if len(values) == 1 else None
    return None
