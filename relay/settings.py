"""Decides what the environment means. It reads the files of secrets and certificates, and nothing else.

README.md has the table of variables; a test keeps the two equal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar, get_args

from relay import setting_forms
from relay.errors import BadSettings
from relay.server import tls

T = TypeVar("T")
DispatchMode = Literal["repository_dispatch", "workflow_dispatch"]
LogFormat = Literal["json", "plain"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that an operator can set; one field for one variable `RELAY_<NAME>`."""

    repository: str
    dispatch: DispatchMode = "repository_dispatch"
    workflow: str = "respond.yml"
    ref: str = "main"
    github_api_url: str = "https://api.github.com"
    github_token: str | None = field(default=None, repr=False)
    github_token_file: Path | None = None
    github_app_id: str | None = None
    github_app_private_key: str | None = field(default=None, repr=False)
    github_app_private_key_file: Path | None = None
    sts_url: str | None = None
    sts_identity: str | None = None
    sts_token_file: Path | None = None
    tokens_file: Path | None = None
    allow_anonymous: bool = False
    host: str = "127.0.0.1"
    port: int = 8080
    max_connections: int = 1000
    max_connections_per_address: int = 200
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    tls_client_ca_file: Path | None = None
    outbox: str = field(default="sqlite:relay.db", repr=False)  # an address may hold a password
    coalesce_seconds: float = 60.0
    min_priority: str | None = None
    max_backlog: int = 100_000
    min_interval_seconds: float = 1.0
    log_format: LogFormat | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Return the settings of an environment. Raise BadSettings with all problems together."""
        reader = _Reader(environ)
        values = {
            "repository": reader.value("RELAY_REPOSITORY", setting_forms.repository, required=True),
            "dispatch": reader.value("RELAY_DISPATCH", setting_forms.one_of(*get_args(DispatchMode))),
            "workflow": reader.value("RELAY_WORKFLOW", setting_forms.workflow),
            "ref": reader.value("RELAY_REF", str),
            "github_api_url": reader.value("RELAY_GITHUB_API_URL", setting_forms.url),
            "github_token": reader.secret("RELAY_GITHUB_TOKEN", setting_forms.token),
            "github_token_file": reader.value("RELAY_GITHUB_TOKEN_FILE", Path),
            "github_app_id": reader.value("RELAY_GITHUB_APP_ID", setting_forms.app_id),
            "github_app_private_key": reader.secret("RELAY_GITHUB_APP_PRIVATE_KEY", setting_forms.private_key),
            "github_app_private_key_file": reader.value("RELAY_GITHUB_APP_PRIVATE_KEY_FILE", Path),
            "sts_url": reader.value("RELAY_STS_URL", setting_forms.url),
            "sts_identity": reader.value("RELAY_STS_IDENTITY", setting_forms.identity),
            "sts_token_file": reader.value("RELAY_STS_TOKEN_FILE", Path),
            "tokens_file": reader.value("RELAY_TOKENS_FILE", Path),
            "allow_anonymous": reader.value("RELAY_ALLOW_ANONYMOUS", setting_forms.flag),
            "host": reader.value("RELAY_HOST", str),
            "port": reader.value("RELAY_PORT", setting_forms.port),
            "max_connections": reader.value("RELAY_MAX_CONNECTIONS", setting_forms.count),
            "max_connections_per_address": reader.value("RELAY_MAX_CONNECTIONS_PER_ADDRESS", setting_forms.count),
            "tls_cert_file": reader.value("RELAY_TLS_CERT_FILE", Path),
            "tls_key_file": reader.value("RELAY_TLS_KEY_FILE", Path),
            "tls_client_ca_file": reader.value("RELAY_TLS_CLIENT_CA_FILE", Path),
            "outbox": reader.value("RELAY_OUTBOX", setting_forms.outbox),
            "coalesce_seconds": reader.value("RELAY_COALESCE_SECONDS", setting_forms.seconds),
            "min_priority": reader.value("RELAY_MIN_PRIORITY", setting_forms.priority),
            "max_backlog": reader.value("RELAY_MAX_BACKLOG", setting_forms.count),
            "min_interval_seconds": reader.value("RELAY_MIN_INTERVAL_SECONDS", setting_forms.seconds),
            "log_format": reader.value("RELAY_LOG_FORMAT", setting_forms.one_of(*get_args(LogFormat))),
        }
        _check_credential(reader)
        _check_tls(reader)
        if values["tokens_file"] and values["allow_anonymous"]:
            reader.problem("RELAY_ALLOW_ANONYMOUS", "cannot be true while RELAY_TOKENS_FILE names callers; unset one")
        if not reader.is_set("RELAY_TOKENS_FILE") and not reader.is_set("RELAY_ALLOW_ANONYMOUS"):
            reader.problem("RELAY_TOKENS_FILE", "is required (or RELAY_ALLOW_ANONYMOUS=true, for a trial)")
        if reader.problems:
            raise BadSettings(reader.problems)
        return cls(**{name: value for name, value in values.items() if value is not None})  # type: ignore[arg-type]  # one dict for fields of several types


def read_token(path: Path) -> str:
    """Return the token in a file. Raise BadSettings."""
    return _read_secret(path, "RELAY_GITHUB_TOKEN", setting_forms.token)


def read_private_key(path: Path) -> str:
    """Return the App's private key in a file. Raise BadSettings."""
    return _read_secret(path, "RELAY_GITHUB_APP_PRIVATE_KEY", setting_forms.private_key)


def _read_secret(path: Path, name: str, check: Callable[[str], object]) -> str:
    reader = _Reader({f"{name}_FILE": str(path)})
    secret = reader.secret(name, check)
    if reader.problems or not secret:
        raise BadSettings(reader.problems)
    return secret


class _Reader:
    """Reads variables one by one and collects the problems."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def problem(self, name: str, message: str) -> None:
        self.problems.append(f"{name} {message}")

    def is_set(self, name: str) -> bool:
        return bool(self._environ.get(name))

    def value(self, name: str, convert: Callable[[str], T], *, required: bool = False) -> T | None:
        """Return the converted value, or None if the variable is unset, empty or not valid."""
        text = self._environ.get(name, "")
        if not text:
            if required:
                self.problem(name, "is required")
            return None
        try:
            return convert(text)
        except ValueError as error:
            self.problem(name, str(error))
            return None

    def secret(self, name: str, check: Callable[[str], object]) -> str | None:
        """Return the secret from the variable or from the file that `<name>_FILE` names, never from both.

        The result is empty after a problem, and None if neither is set.
        """
        from_file = f"{name}_FILE"
        if self.is_set(name) and self.is_set(from_file):
            self.problem(name, f"and {from_file} are both set; unset one")
            return ""
        secret = self._read(from_file) if self.is_set(from_file) else self._environ.get(name) or None
        if secret:
            try:
                check(secret)
            except ValueError as error:
                self.problem(name, str(error))
        return secret

    def _read(self, name: str) -> str:
        try:
            secret = Path(self._environ[name]).read_text(encoding="utf-8").removesuffix("\n")
        except OSError as error:
            self.problem(name, f"names a file that cannot be read: {error.strerror}")
            return ""
        except UnicodeDecodeError:
            self.problem(name, "names a file that is not text")
            return ""
        if not secret:
            self.problem(name, "names an empty file")
        return secret


def _check_credential(reader: "_Reader") -> None:
    """Require exactly one credential, with all of its parts."""
    token, key = ("RELAY_GITHUB_TOKEN", "RELAY_GITHUB_APP_PRIVATE_KEY")
    groups = [
        [{token, f"{token}_FILE"}],
        [{"RELAY_GITHUB_APP_ID"}, {key, f"{key}_FILE"}],
        [{"RELAY_STS_URL"}, {"RELAY_STS_IDENTITY"}, {"RELAY_STS_TOKEN_FILE"}],
    ]
    chosen = [group for group in groups if any(reader.is_set(name) for names in group for name in names)]
    if not chosen:
        reader.problem(token, f"is required (or {token}_FILE, a GitHub App or a token service)")
    if len(chosen) > 1:
        clash = " and ".join(min(name for names in group for name in names if reader.is_set(name)) for group in chosen)
        reader.problem(clash, "are of different credentials; set one credential")
    for group in chosen[:1]:
        for names in group:
            if not any(reader.is_set(name) for name in names):
                reader.problem(min(names), "is required too")


def _check_tls(reader: "_Reader") -> None:
    """Require a certificate with its key, or neither."""
    cert, key, client_ca = (reader.value(f"RELAY_TLS_{name}_FILE", Path) for name in ("CERT", "KEY", "CLIENT_CA"))
    if cert and key:
        reader.problems += tls.problems(cert, key, client_ca)
    elif cert or key or client_ca:
        for name, path in (("CERT", cert), ("KEY", key)):
            if not path:
                reader.problem(f"RELAY_TLS_{name}_FILE", "is required too")
