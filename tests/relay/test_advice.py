"""What the relay says of settings that are valid and yet probably not meant so."""

import pytest

from relay.advice import advice
from relay.settings import Settings

QUIET = Settings(repository="acme/state", host="0.0.0.0")  # noqa: S104  # a value, nothing listens


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        pytest.param("RELAY_TOKEN_FILE", "RELAY_TOKENS_FILE, perhaps?", id="one letter"),
        pytest.param("RELAY_REPO", "RELAY_REPOSITORY, perhaps?", id="shorter"),
        pytest.param("RELAY_GITHUB_APP_KEY_FILE", "RELAY_GITHUB_APP_PRIVATE_KEY_FILE, perhaps?", id="a word"),
        pytest.param("RELAY_XYZ", "relay/README.md lists the settings", id="nothing like it"),
    ],
)
def test_an_unknown_variable_is_named_with_the_likely_one_and_without_its_value(name: str, hint: str) -> None:
    assert advice({name: "secret"}, QUIET) == [f"{name} is no setting and is ignored: {hint}"]


@pytest.mark.parametrize(
    "name",
    [
        "RELAY_REPOSITORY",
        "RELAY_GITHUB_TOKEN_FILE",
        "RELAY_SERVICE_HOST",
        "RELAY_SERVICE_PORT",
        "RELAY_SERVICE_PORT_HTTP",
        "RELAY_PORT_8080_TCP",
        "RELAY_PORT_8080_TCP_ADDR",
        "RELAY_NATS_SERVICE_HOST",
        "RELAY_NATS_PORT",
        "RELAY_NATS_PORT_4222_TCP_PROTO",
        "OTHER_TOKEN",
    ],
)
def test_settings_and_what_kubernetes_writes_are_no_surprise(name: str) -> None:
    assert advice({name: "x"}, QUIET) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_an_address_that_only_this_machine_reaches_is_a_warning(host: str) -> None:
    (message,) = advice({}, Settings(repository="acme/state", host=host))
    assert message.startswith(f"the relay listens on {host} alone")
    assert "RELAY_HOST=0.0.0.0" in message


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "relay.example"])  # noqa: S104
def test_another_address_is_none(host: str) -> None:
    assert advice({}, Settings(repository="acme/state", host=host)) == []


@pytest.mark.parametrize(
    ("url", "messages"),
    [
        pytest.param("https://api.github.com", 0, id="GitHub"),
        pytest.param("https://api.acme.ghe.com", 0, id="data residency"),
        pytest.param("https://github.acme.example/api/v3", 0, id="Enterprise Server"),
        pytest.param("http://127.0.0.1:9", 0, id="this machine"),
        pytest.param("https://github.acme.example", 1, id="no path"),
        pytest.param("https://github.acme.example/api", 1, id="half of the path"),
        pytest.param("https://api.github.com.evil.example", 1, id="a name that only begins so"),
    ],
)
def test_an_enterprise_server_needs_the_path_of_its_api(url: str, messages: int) -> None:
    settings = Settings(repository="acme/state", host="0.0.0.0", github_api_url=url)  # noqa: S104
    assert len(advice({}, settings)) == messages
    assert all("/api/v3" in message for message in advice({}, settings))
