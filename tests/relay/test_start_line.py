"""The line of the log that says what has started."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from relay.settings import Settings
from relay.start_line import start_line

OUTSIDE = Settings(repository="acme/state", github_token="secret")


def test_it_says_what_decides_how_the_relay_works() -> None:
    fields = start_line(OUTSIDE)
    assert fields.pop("version")
    assert fields == {
        "repository": "acme/state",
        "mode": "repository_dispatch",
        "topology": "outside",
        "outbox": "sqlite:relay.db",
        "address": "127.0.0.1:8080",
        "tls": "off",
    }


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        pytest.param({"dispatch": "workflow_dispatch"}, "topology", "inside", id="inside"),
        pytest.param({"sts_url": "https://sts.example"}, "topology", "keyless", id="keyless"),
        pytest.param({"tls_cert_file": Path("c")}, "tls", "on", id="TLS"),
        pytest.param({"tls_cert_file": Path("c"), "tls_client_ca_file": Path("a")}, "tls", "mutual", id="mutual TLS"),
        pytest.param(
            {"outbox": "nats://u:p@a:4222,nats://u:p/@b"}, "outbox", "nats://a:4222,nats://b", id="no password"
        ),
    ],
)
def test_a_setting_shows_in_its_field(changes: dict[str, Any], field: str, value: str) -> None:
    assert start_line(dataclasses.replace(OUTSIDE, **changes))[field] == value
