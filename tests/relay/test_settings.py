"""What the environment means, and what is said about one that means nothing."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from relay.errors import BadSettings
from relay.settings import Settings
from tests.localhub.apps import App

GOOD = {"RELAY_REPOSITORY": "acme/state", "RELAY_GITHUB_TOKEN": "secret-token", "RELAY_TOKENS_FILE": "/etc/tokens"}


def problems(environ: dict[str, str]) -> str:
    with pytest.raises(BadSettings) as caught:
        Settings.from_environ(environ)
    return "\n".join(caught.value.problems)


def test_three_variables_are_enough() -> None:
    settings = Settings.from_environ(GOOD)
    assert settings == Settings(repository="acme/state", github_token="secret-token", tokens_file=Path("/etc/tokens"))


def test_every_field_can_be_set_by_its_variable() -> None:
    secret = {
        "RELAY_REPOSITORY": "a/b",
        "RELAY_DISPATCH": "workflow_dispatch",
        "RELAY_WORKFLOW": "contain.yaml",
        "RELAY_REF": "production",
        "RELAY_GITHUB_API_URL": "https://github.example/api/v3/",
        "RELAY_GITHUB_TOKEN": "t",
        "RELAY_ALLOW_ANONYMOUS": "true",
        "RELAY_HOST": "0.0.0.0",  # noqa: S104  # a value to read, nothing listens
        "RELAY_PORT": "0",
        "RELAY_MAX_CONNECTIONS": "50",
        "RELAY_MAX_CONNECTIONS_PER_ADDRESS": "5",
        "RELAY_OUTBOX": "sqlite:/var/lib/relay.db",
        "RELAY_COALESCE_SECONDS": "0",
        "RELAY_MIN_PRIORITY": "warning",
        "RELAY_MAX_BACKLOG": "5",
        "RELAY_MIN_INTERVAL_SECONDS": "0.5",
        "RELAY_LOG_FORMAT": "plain",
    }
    settings = Settings.from_environ(secret)
    assert settings.github_api_url == "https://github.example/api/v3"
    assert settings.min_priority == "Warning"
    unset = {f"RELAY_{field.name.upper()}" for field in fields(Settings)} - secret.keys()
    others = {"github_app_id", "github_app_private_key", "sts_url", "sts_identity", "sts_token_file"}
    others |= {
        "github_token_file",
        "github_app_private_key_file",
        "tls_cert_file",
        "tls_key_file",
        "tls_client_ca_file",
    }
    assert unset == {"RELAY_TOKENS_FILE", *(f"RELAY_{name.upper()}" for name in others)}
    defaults = Settings(repository="", github_token="")
    same = {field.name for field in fields(Settings) if getattr(settings, field.name) == getattr(defaults, field.name)}
    assert same == {"tokens_file", *others}


WITHOUT = {name: value for name, value in GOOD.items() if name != "RELAY_GITHUB_TOKEN"}
STS = {"RELAY_STS_URL": "https://sts.example", "RELAY_STS_IDENTITY": "relay", "RELAY_STS_TOKEN_FILE": "/run/token"}


def test_a_token_service_or_an_app_will_do_for_a_token(tmp_path: Path) -> None:
    settings = Settings.from_environ({**WITHOUT, **STS})
    assert (settings.sts_url, settings.sts_identity, settings.sts_token_file, settings.github_token) == (
        "https://sts.example",
        "relay",
        Path("/run/token"),
        None,
    )
    (tmp_path / "key.pem").write_text(App().private_key)
    app = {"RELAY_GITHUB_APP_ID": "Iv23li", "RELAY_GITHUB_APP_PRIVATE_KEY_FILE": str(tmp_path / "key.pem")}
    settings = Settings.from_environ({**WITHOUT, **app})
    assert settings.github_app_id == "Iv23li"
    assert "PRIVATE KEY" in str(settings.github_app_private_key)
    assert "PRIVATE KEY" not in repr(settings)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        pytest.param({}, "RELAY_GITHUB_TOKEN is required", id="none"),
        pytest.param({**STS, "RELAY_GITHUB_TOKEN": "t"}, "of different credentials; set one", id="two"),
        pytest.param({"RELAY_GITHUB_APP_ID": "1"}, "RELAY_GITHUB_APP_PRIVATE_KEY is required too", id="half an App"),
        pytest.param({"RELAY_STS_URL": "https://sts.example"}, "RELAY_STS_TOKEN_FILE is required too", id="a third"),
        pytest.param(
            {"RELAY_GITHUB_APP_ID": "1", "RELAY_GITHUB_APP_PRIVATE_KEY": "hush"}, "not a private RSA key", id="no key"
        ),
        pytest.param({**STS, "RELAY_STS_IDENTITY": "../x"}, "name of a trust policy", id="a path"),
    ],
)
def test_a_credential_that_is_none_or_more_than_one_is_said(environ: dict[str, str], message: str) -> None:
    text = problems({**WITHOUT, **environ})
    assert message in text
    assert "hush" not in text


def test_an_empty_variable_is_an_unset_one() -> None:
    assert Settings.from_environ({**GOOD, "RELAY_PORT": "", "RELAY_REF": ""}) == Settings.from_environ(GOOD)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RELAY_REPOSITORY", "https://github.com/acme/state"),
        ("RELAY_REPOSITORY", "acme"),
        ("RELAY_REPOSITORY", "a/b/../c"),
        ("RELAY_DISPATCH", "push"),
        ("RELAY_WORKFLOW", "../x.yml"),
        ("RELAY_WORKFLOW", "contain"),
        ("RELAY_GITHUB_API_URL", "ftp://github.com"),
        ("RELAY_GITHUB_API_URL", "https://user:pw@github.com"),
        ("RELAY_GITHUB_API_URL", "https://["),
        ("RELAY_GITHUB_TOKEN", "two\nlines"),
        ("RELAY_ALLOW_ANONYMOUS", "yes"),
        ("RELAY_PORT", "tcp://10.0.0.1:8080"),
        ("RELAY_PORT", "65536"),
        ("RELAY_PORT", "-1"),
        ("RELAY_OUTBOX", "outbox.db"),
        ("RELAY_COALESCE_SECONDS", "-1"),
        ("RELAY_COALESCE_SECONDS", "inf"),
        ("RELAY_MIN_PRIORITY", "high"),
        ("RELAY_MAX_BACKLOG", "0"),
        ("RELAY_MIN_INTERVAL_SECONDS", "1s"),
        ("RELAY_LOG_FORMAT", "xml"),
    ],
)
def test_a_bad_value_is_refused_by_name_and_never_shown(name: str, value: str) -> None:
    message = problems({**GOOD, name: value})
    assert message.startswith(name)
    assert value not in message


def test_all_problems_are_told_at_once() -> None:
    message = problems({"RELAY_PORT": "x", "RELAY_DISPATCH": "y"})
    assert re.findall(r"^RELAY_\w+", message, re.MULTILINE) == [
        "RELAY_REPOSITORY",
        "RELAY_DISPATCH",
        "RELAY_PORT",
        "RELAY_GITHUB_TOKEN",
        "RELAY_TOKENS_FILE",
    ]


def test_callers_and_no_callers_cannot_both_be_wanted() -> None:
    assert "RELAY_ALLOW_ANONYMOUS" in problems({**GOOD, "RELAY_ALLOW_ANONYMOUS": "true"})


@pytest.mark.parametrize(("content", "secret"), [("s3cret", "s3cret"), ("s3cret\n", "s3cret")])
def test_a_secret_can_come_from_a_file_with_one_line_break(tmp_path: Path, content: str, secret: str) -> None:
    (tmp_path / "token").write_text(content)
    environ = {**GOOD, "RELAY_GITHUB_TOKEN": "", "RELAY_GITHUB_TOKEN_FILE": str(tmp_path / "token")}
    assert Settings.from_environ(environ).github_token == secret


@pytest.mark.parametrize(
    "content", [pytest.param(b"", id="empty"), pytest.param(b"\xff", id="binary"), pytest.param(b"a\n\n", id="two")]
)
def test_a_secret_that_cannot_be_one_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    environ = {**GOOD, "RELAY_GITHUB_TOKEN": "", "RELAY_GITHUB_TOKEN_FILE": str(tmp_path / "token")}
    assert problems(environ).startswith("RELAY_GITHUB_TOKEN")


def test_a_secret_file_that_is_not_there_is_named_with_the_reason(tmp_path: Path) -> None:
    environ = {**GOOD, "RELAY_GITHUB_TOKEN": "", "RELAY_GITHUB_TOKEN_FILE": str(tmp_path / "none")}
    assert problems(environ) == "RELAY_GITHUB_TOKEN_FILE names a file that cannot be read: No such file or directory"


def test_a_secret_is_given_once(tmp_path: Path) -> None:
    assert "both" in problems({**GOOD, "RELAY_GITHUB_TOKEN_FILE": str(tmp_path)})


def test_no_secret_is_in_the_representation() -> None:
    assert "secret-token" not in repr(Settings.from_environ(GOOD))
